//! What becomes of a slot's state by each kind of change. Plain values: nothing is loaded or written here.

use crate::{
    release::Digest,
    store::{OpenRollout, SlotState, Strategy},
};

/// Another release answers from now on.
pub fn replaced(now: &SlotState, release: Digest, pair: Vec<String>) -> SlotState {
    SlotState {
        active: release,
        previous: Some(now.active),
        pair,
        rollout: None,
    }
}

/// A release is tried beside the active one.
pub fn tried(now: &SlotState, rollout: OpenRollout) -> SlotState {
    SlotState {
        rollout: Some(rollout),
        ..now.clone()
    }
}

/// The candidate answers from now on. None where no rollout is open.
pub fn promoted(now: &SlotState) -> Option<SlotState> {
    let rollout = now.rollout.as_ref()?;
    Some(replaced(now, rollout.candidate, rollout.with.clone()))
}

/// The candidate is gone. None where no rollout is open.
pub fn aborted(now: &SlotState) -> Option<SlotState> {
    now.rollout.as_ref()?;
    Some(SlotState {
        rollout: None,
        ..now.clone()
    })
}

/// The release before answers again; another rollback undoes this one. None where there is none.
pub fn rolled_back(now: &SlotState) -> Option<SlotState> {
    let previous = now.previous?;
    Some(replaced(now, previous, now.pair.clone()))
}

/// The canary's next stage. None where it was in its last one.
pub fn advanced(now: &SlotState, at_ms: u64) -> Option<SlotState> {
    let rollout = now.rollout.as_ref()?;
    let Strategy::Canary { stages } = &rollout.strategy else {
        return None;
    };
    let stage = rollout.stage + 1;
    (stage < stages.len()).then(|| {
        tried(
            now,
            OpenRollout {
                stage,
                stage_since_ms: at_ms,
                ..rollout.clone()
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Stage;

    fn state() -> SlotState {
        SlotState {
            active: Digest::of(b"one"),
            previous: None,
            pair: Vec::new(),
            rollout: None,
        }
    }

    fn canary(now: &SlotState) -> SlotState {
        let stage = |percent| Stage {
            percent,
            seconds: Some(60),
        };
        tried(
            now,
            OpenRollout {
                id: 7,
                candidate: Digest::of(b"two"),
                strategy: Strategy::Canary {
                    stages: vec![stage(5.0), stage(25.0)],
                },
                stage: 0,
                stage_since_ms: 1,
                with: vec!["payments".into()],
            },
        )
    }

    #[test]
    fn a_canary_goes_through_its_stages_and_then_takes_over() {
        let first = canary(&state());
        let second = advanced(&first, 9).unwrap();
        let rollout = second.rollout.as_ref().unwrap();
        assert_eq!(
            (rollout.id, rollout.stage, rollout.stage_since_ms),
            (7, 1, 9)
        );
        assert_eq!(advanced(&second, 10), None, "there is no third stage");
        let promoted = promoted(&second).unwrap();
        assert_eq!(promoted.active, Digest::of(b"two"));
        assert_eq!(promoted.previous, Some(Digest::of(b"one")));
        assert_eq!(promoted.pair, ["payments"]);
        assert_eq!(promoted.rollout, None);
    }

    #[test]
    fn an_abort_leaves_what_was_before() {
        assert_eq!(aborted(&canary(&state())), Some(state()));
        assert_eq!(aborted(&state()), None);
        assert_eq!(promoted(&state()), None);
    }

    #[test]
    fn a_rollback_undoes_a_rollback() {
        let now = replaced(&state(), Digest::of(b"two"), vec!["payments".into()]);
        let back = rolled_back(&now).unwrap();
        assert_eq!(back.active, Digest::of(b"one"));
        assert_eq!(
            back.pair,
            ["payments"],
            "the pair goes back and forth together"
        );
        assert_eq!(rolled_back(&back), Some(now));
        assert_eq!(rolled_back(&state()), None);
    }
}
