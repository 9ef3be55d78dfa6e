//! The text that the pages of one origin share. Storage may be missing, blocked or full: then the tracker works from memory, and the page
//! never notices.

use crate::config::Config;

pub(crate) struct Storage {
    area: Option<web_sys::Storage>,
    key: String,
}

impl Storage {
    pub(crate) fn new(config: &Config) -> Self {
        let window = web_sys::window().filter(|_| config.persistent);
        // Merely asking for it throws where cookies are blocked.
        let area = window.and_then(|window| window.local_storage().ok().flatten());
        Self { area, key: [&config.namespace, ":record"].concat() }
    }

    pub(crate) fn load(&self) -> Option<String> {
        self.area.as_ref()?.get_item(&self.key).ok().flatten()
    }

    pub(crate) fn save(&self, text: &str) {
        if let Some(area) = &self.area {
            let _full_or_blocked = area.set_item(&self.key, text);
        }
    }
}
