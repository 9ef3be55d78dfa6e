//! What a tab writes down for the others comes out as it went in, or not at all.

use session_tracker::id::Id;
use session_tracker::lines::Lines;

fn ids() -> Vec<Id> {
    ["a-1", "b-2"].iter().filter_map(|name| Id::parse(name)).collect()
}

fn written() -> String {
    let mut lines = Lines::default();
    lines.number(&mut u64::MAX.clone());
    lines.flag(&mut true);
    lines.text(&mut "Größe M\n😀".into());
    lines.text(&mut "\n".into());
    lines.text(&mut String::new());
    lines.id(&mut None);
    lines.ids(&mut ids());
    lines.close("7")
}

#[test]
fn every_value_comes_out_as_it_went_in_but_for_line_breaks() {
    let text = written();
    let mut lines = Lines::read("7", &text).expect("it is what was written");
    let (mut number, mut flag, mut id, mut names) = (0, false, Id::parse("x"), Vec::new());
    lines.number(&mut number);
    lines.flag(&mut flag);
    assert_eq!((number, flag), (u64::MAX, true));
    for expected in ["Größe M 😀", " ", ""] {
        let mut text = "before".into();
        lines.text(&mut text);
        assert_eq!(text, expected);
    }
    lines.id(&mut id);
    assert_eq!(id, None);
    lines.ids(&mut names);
    assert_eq!(names, ids());
    assert!(!lines.has_more());
}

#[test]
fn a_text_that_is_cut_anywhere_or_longer_or_of_another_version_is_not_read() {
    let text = written();
    for (end, _) in text.char_indices() {
        assert!(Lines::read("7", &text[..end]).is_none(), "cut at {end}");
    }
    assert!(Lines::read("7", &format!("{text}x")).is_none());
    assert!(Lines::read("8", &text).is_none());
}

#[test]
fn a_text_that_somebody_else_wrote_gives_nothing_rather_than_running_for_ever() {
    let mut lines = Lines::read("7", "7 8\n9999999\n").expect("its length is right");
    let mut names = Vec::new();
    lines.ids(&mut names);
    assert!(names.is_empty() && !lines.has_more());
}
