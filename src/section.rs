//! Where in the application the person is: a name that changes only after it has held for a while.

use crate::limits::NAME_CHARS;

/// The name of a part of the application, 1 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section(String);

impl Section {
    /// The name without surrounding blanks, or nothing if there is no name left or it is too long.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.trim_ascii();
        let fits = !name.is_empty() && name.chars().count() <= NAME_CHARS;
        fits.then(|| Self(name.into()))
    }

    /// Where everybody begins who is nowhere else.
    #[must_use]
    pub fn home() -> Self {
        Self("home".into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The section that counts, and the one that may come to count.
#[derive(Clone, Debug)]
pub struct Sections {
    current: Section,
    pending: Option<Section>,
    moves: u32,
}

impl Sections {
    /// Begins in a section, which has not been reported by this.
    #[must_use]
    pub fn new(current: Section) -> Self {
        Self { current, pending: None, moves: 0 }
    }

    /// The section that counts.
    #[must_use]
    pub fn current(&self) -> &Section {
        &self.current
    }

    /// How often it became another one.
    #[must_use]
    pub fn moves(&self) -> u32 {
        self.moves
    }

    /// Notes where the person went. True if it is to be waited for: back where they were is nothing.
    pub fn propose(&mut self, section: Section) -> bool {
        self.pending = (section != self.current).then_some(section);
        self.pending.is_some()
    }

    /// What was waited for has held (or the page cannot wait any longer): it counts. Gives it if there was any.
    pub fn settle(&mut self) -> Option<Section> {
        self.current = self.pending.take()?;
        self.moves += 1;
        Some(self.current.clone())
    }
}
