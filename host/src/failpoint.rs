//! Named points of a delivery where tests end the process, as a power cut would. They exist with the feature `failpoints` only.

/// Takes the points from the environment's `FAILPOINTS`, such as `kafka.produced=3*off->return`: the process ends when that point is
/// reached the fourth time.
pub fn arm() {
    #[cfg(feature = "failpoints")]
    std::mem::forget(fail::FailScenario::setup());
}

/// Ends the process at once where the point of that name was armed.
#[inline]
pub fn at(name: &str) {
    #[cfg(feature = "failpoints")]
    fail::fail_point!(name, |_| std::process::abort());
    #[cfg(not(feature = "failpoints"))]
    let _ = name;
}
