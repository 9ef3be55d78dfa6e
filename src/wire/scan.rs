//! Reads JSON where it stands: a value is the slice of text that spells it. It finds members and unescapes texts; what it does not need it
//! only steps over. A JSON library would be more than the rest of the wire together, and a page pays for every byte.

/// A JSON value, as it is spelt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Value<'a>(&'a str);

impl<'a> Value<'a> {
    /// The object that a whole text spells; nothing if it spells anything else, or breaks off.
    #[must_use]
    pub fn object(text: &'a str) -> Option<Self> {
        let text = text.trim_ascii();
        let is_whole = text.starts_with('{') && end_of_value(text.as_bytes(), 0)? == text.len();
        is_whole.then_some(Self(text))
    }

    /// How it is spelt.
    #[must_use]
    pub fn spelt(self) -> &'a str {
        self.0
    }

    /// An object's member. Names are compared as they are spelt.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Self> {
        let mut items = self.open(b'{')?;
        while let Some(key) = items.next() {
            items.at = after_blanks(items.bytes(), items.at);
            items.at += 1; // the colon
            let value = items.next()?;
            if key.0.get(1..key.0.len() - 1) == Some(name) {
                return Some(value);
            }
        }
        None
    }

    /// A list's items; none if it is no list.
    #[must_use]
    pub fn items(self) -> Items<'a> {
        self.open(b'[').unwrap_or(Items { text: "", at: 0 })
    }

    /// What a member says that is a text.
    #[must_use]
    pub fn text_of(self, name: &str) -> Option<String> {
        self.get(name)?.text()
    }

    /// A member that is a number, in thousandths (see [`Value::thousandths`]).
    #[must_use]
    pub fn thousandths_of(self, name: &str) -> Option<u64> {
        self.get(name)?.thousandths()
    }

    /// What a text says.
    #[must_use]
    pub fn text(self) -> Option<String> {
        let spelt = self.0.strip_prefix('"')?.strip_suffix('"')?;
        let mut text = String::with_capacity(spelt.len());
        let mut chars = spelt.chars();
        while let Some(c) = chars.next() {
            text.push(if c == '\\' { unescape(&mut chars) } else { c });
        }
        Some(text)
    }

    /// A number that is not below zero, in thousandths; further decimals are cut off. Numbers with an exponent are not understood.
    #[must_use]
    pub fn thousandths(self) -> Option<u64> {
        let mut number = 0_u64;
        let mut decimals = None;
        for byte in self.0.bytes() {
            match (byte, decimals) {
                (b'.', None) => decimals = Some(0),
                (b'0'..=b'9', Some(3..)) => {}
                (b'0'..=b'9', _) => {
                    number = number.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
                    decimals = decimals.map(|count| count + 1);
                }
                _ => return None,
            }
        }
        for _ in decimals.unwrap_or(0)..3_u32 {
            number = number.checked_mul(10)?;
        }
        Some(number)
    }

    /// A whole number that is not below zero.
    #[must_use]
    pub fn whole(self) -> Option<u64> {
        Some(self.thousandths()? / 1_000)
    }

    /// Whether it is `true`.
    #[must_use]
    pub fn is_true(self) -> bool {
        self.0 == "true"
    }

    fn open(self, bracket: u8) -> Option<Items<'a>> {
        (self.0.as_bytes().first() == Some(&bracket)).then_some(Items { text: self.0, at: 1 })
    }
}

/// The items of a list, or the names and values of an object in turn.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Items<'a> {
    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let mut start = after_blanks(self.bytes(), self.at);
        if self.bytes().get(start) == Some(&b',') {
            start = after_blanks(self.bytes(), start + 1);
        }
        let end = end_of_value(self.bytes(), start)?;
        self.at = end;
        self.text.get(start..end).map(Value)
    }
}

fn after_blanks(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// Where the value that begins here ends; nothing if none begins here or it breaks off.
fn end_of_value(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        match bytes.get(at) {
            Some(b'"') => at = end_of_text(bytes, at)?,
            Some(b'{' | b'[') => {
                depth += 1;
                at += 1;
                continue;
            }
            Some(b'}' | b']') if depth > 0 => {
                depth -= 1;
                at += 1;
            }
            Some(b',' | b':' | b' ' | b'\t' | b'\r' | b'\n') if depth > 0 => {
                at += 1;
                continue;
            }
            Some(b'0'..=b'9' | b'-' | b'a'..=b'z') => {
                while bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte)) {
                    at += 1;
                }
            }
            _ => return None,
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

fn end_of_text(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += 1;
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 1,
            _ => {}
        }
    }
}

fn unescape(chars: &mut core::str::Chars<'_>) -> char {
    let hex = |chars: &mut core::str::Chars<'_>| {
        (0..4).fold(0, |code, _| code << 4 | chars.next().and_then(|c| c.to_digit(16)).unwrap_or_default())
    };
    match chars.next().unwrap_or_default() {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'u' => {
            let mut code = hex(chars);
            // Beyond the first plane JSON spells a character as two halves.
            if let 0xD800..0xDC00 = code {
                let _backslash_and_u = (chars.next(), chars.next());
                code = 0x1_0000 + ((code & 0x3FF) << 10 | hex(chars) & 0x3FF);
            }
            char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        other => other,
    }
}
