//! A release's way in: from bytes to a release that the store has and that takes no events yet.

use serde_json::json;

use super::{PipelineFit, Refused, Report, Rollouts, held::Held, order::in_words, unavailable};
use crate::{
    plugin::{Release, Steps, reasons},
    release::Digest,
    store::{Action, Actor, AuditLine, NewRelease},
};

impl Rollouts {
    /// A release's way in: it is checked, compiled, started, asked what it is, and held against every pipeline that uses the slot. With
    /// `keep` it is stored afterwards, also where it fits only together with another slot's release; it takes no events yet.
    ///
    /// # Errors
    /// [`Refused::Unfit`] with the report where it cannot be a release of the slot at all.
    pub async fn add(
        &self,
        slot: &str,
        component: Vec<u8>,
        who: &Actor,
        keep: bool,
    ) -> Result<Report, Refused> {
        let place = self.place(slot)?;
        let digest = Digest::of(&component);
        let size_bytes = component.len() as u64;
        let kept = self.inner.store.releases(slot).await.map_err(unavailable)?;
        let known = kept.iter().any(|release| release.digest == digest);
        let loaded = self.inner.loader.load(place.settings.clone(), component);
        let loaded = match loaded.await {
            Ok(loaded) => loaded,
            Err(error) => {
                let mut report = Report::unknown(slot, digest);
                report.size_bytes = size_bytes;
                report.known = known;
                report.problems.push(error.to_string());
                return Err(Refused::Unfit(Box::new(report)));
            }
        };
        // Its steps are told one by one.
        let mut steps = Steps::begin();
        let mut report = Report::of(&loaded.release);
        report.known = known;
        self.hold_against(&loaded.release, slot, &mut report);
        steps.took("fit");
        if !report.problems.is_empty() {
            return Err(Refused::Unfit(Box::new(report)));
        }
        if keep {
            let release = NewRelease {
                slot,
                digest,
                kind: &report.kind,
                name: &report.name,
                version: &report.version,
                component: &loaded.component,
            };
            self.inner.store.keep(&release).await.map_err(unavailable)?;
            if !known {
                let detail =
                    json!({ "plugin": slot, "release": digest, "version": report.version });
                let line = AuditLine::new(who, Action::Add, json!({}), detail);
                self.inner.store.audit(line).await.map_err(unavailable)?;
            }
            steps.took("keep");
        }
        self.inner.shelf.put(loaded.release);
        report.steps_ms.extend(in_words(steps.end()));
        Ok(report)
    }

    /// Beside what is active in the other slot of each pipeline, and beside what is tried there.
    fn hold_against(&self, release: &Release, slot: &str, report: &mut Report) {
        let holding = self.inner.holding.load();
        let held = holding.get(slot);
        if let Some(problem) = held.and_then(|held| held.other_kind(slot, release)) {
            report.problems.push(problem);
            return;
        }
        for joint in self.inner.pipelines.iter().filter(|joint| joint.uses(slot)) {
            let other = if joint.adapter == slot {
                &joint.model
            } else {
                &joint.adapter
            };
            let Some(other) = holding.get(other) else {
                continue;
            };
            let beside = |other: &Release| {
                if joint.adapter == slot {
                    reasons(release, other)
                } else {
                    reasons(other, release)
                }
            };
            let mut found = beside(&other.active);
            let Held { candidate, .. } = other;
            for reason in candidate.as_ref().map(beside).unwrap_or_default() {
                let reason = format!("beside the release on trial: {reason}");
                found.push(reason);
            }
            report.pipelines.push(PipelineFit {
                pipeline: joint.pipeline.name().to_owned(),
                reasons: found,
            });
        }
    }
}
