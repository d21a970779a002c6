//! What a release's way in has found, so that an engineer can act on it.

use crate::{output::line, rollout::Report};

use super::super::text::plain;

/// Prints it under the name of what was uploaded.
pub fn print(what: &str, report: &Report) -> anyhow::Result<()> {
    for text in lines(what, report) {
        line(format_args!("{text}"))?;
    }
    Ok(())
}

fn lines(what: &str, report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    let kind = if report.kind.is_empty() {
        "no plugin".to_owned()
    } else {
        let named = format!("{} {} {}", report.kind, report.name, report.version);
        plain(&named)
    };
    lines.push(format!("{what}: {kind}, {} bytes", report.size_bytes));
    let mut tell = |head: &str, text: String| lines.push(format!("  {head:<8} {text}"));
    tell("digest", report.release.to_string());
    let known = if report.known {
        ", which has it already"
    } else {
        ""
    };
    tell("plugin", format!("{}{known}", report.slot));
    for problem in &report.problems {
        tell("refused", plain(problem));
    }
    if report.golden_cases > 0 && report.problems.is_empty() {
        tell("golden", format!("{} cases passed", report.golden_cases));
    }
    for pipeline in &report.pipelines {
        let name = &pipeline.pipeline;
        match &pipeline.reasons[..] {
            [] => tell("fits", format!("pipeline {name}")),
            reasons => {
                for reason in reasons {
                    tell("misfit", format!("pipeline {name}: {}", plain(reason)));
                }
            }
        }
    }
    if !report.steps_ms.is_empty() {
        tell("took", steps(&report.steps_ms));
    }
    lines
}

/// `load 312 ms, keep 2.1 ms`.
pub fn steps(steps_ms: &[(String, f64)]) -> String {
    let steps = steps_ms.iter().map(|(step, ms)| match ms {
        ms if *ms < 10.0 => format!("{step} {ms:.2} ms"),
        ms => format!("{step} {ms:.0} ms"),
    });
    steps.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{release::Digest, rollout::PipelineFit};

    #[test]
    fn every_mismatch_has_its_line() {
        let fit = |pipeline: &str, reasons: &[&str]| PipelineFit {
            pipeline: pipeline.to_owned(),
            reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
        };
        let report = Report {
            slot: "fraud".into(),
            release: Digest::of(b"x"),
            kind: "model".into(),
            name: "fraud".into(),
            version: "2\u{1b}".into(),
            size_bytes: 5,
            known: true,
            problems: vec![],
            pipelines: vec![fit("a", &[]), fit("b", &["no input `x`", "no output `y`"])],
            golden_cases: 3,
            steps_ms: vec![("load".into(), 312.4), ("fit".into(), 0.051)],
        };
        let digest = Digest::of(b"x");
        assert_eq!(
            lines("new.wasm", &report),
            [
                "new.wasm: model fraud 2\u{b7}, 5 bytes".to_owned(),
                format!("  digest   {digest}"),
                "  plugin   fraud, which has it already".to_owned(),
                "  golden   3 cases passed".to_owned(),
                "  fits     pipeline a".to_owned(),
                "  misfit   pipeline b: no input `x`".to_owned(),
                "  misfit   pipeline b: no output `y`".to_owned(),
                "  took     load 312 ms, fit 0.05 ms".to_owned(),
            ]
        );
    }
}
