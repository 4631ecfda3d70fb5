//! What becomes of one write of a batch of tags, onboardings or risk decisions.

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It holds now.
    Applied,
    /// The same was there already.
    Duplicate,
    /// A newer version was there already.
    StaleIgnored,
    /// The same version with something else was there already; the first one stands.
    VersionConflict,
    /// It cannot be; the reason, and what to do.
    Refused(String),
    /// It is not for whoever sent it; who may.
    Forbidden(String),
}
