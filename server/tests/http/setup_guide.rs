//! `docs/SETUP.md` against the program: its settings can be read, and every setting and metric it names exists.

use crate::support::{Server, click};
use clap::CommandFactory;
use serde_json::json;
use session_server::config::{Settings, file};
use std::collections::BTreeSet;

const GUIDE: &str = include_str!("../../../docs/SETUP.md");

/// The fenced blocks of this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    GUIDE.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// Everything between backticks in the prose and the tables.
fn code_words() -> BTreeSet<&'static str> {
    let prose = GUIDE.split("```").step_by(2);
    prose.flat_map(|text| text.split('`').skip(1).step_by(2)).collect()
}

fn names() -> BTreeSet<String> {
    Settings::command().get_arguments().filter_map(|argument| Some(argument.get_long()?.to_owned())).collect()
}

#[test]
fn every_settings_file_in_the_guide_can_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    let all = blocks("toml");
    assert!(all.len() >= 3);
    for text in all {
        std::fs::write(&file, text).unwrap();
        let arguments = ["session-server", "--config", file.to_str().unwrap()].map(Into::into);
        let mut settings = file::read(arguments).unwrap_or_else(|error| panic!("{text}\n{error}"));
        // The file of the secret is the reader's own.
        settings.issuers.retain(|issuer| !format!("{issuer:?}").contains("/run/secrets"));
        assert_eq!(settings.check(), Ok(()), "{text}");
    }
}

#[test]
fn every_setting_that_the_guide_names_exists() {
    let names = names();
    let mut found = 0;
    for word in code_words() {
        let named = word.strip_prefix("--").unwrap_or(word).split([' ', '=']).next().unwrap();
        let looks_like_one = word.starts_with("--")
            || (named.contains('-') && named == named.to_lowercase() && !named.contains(['/', '.']));
        if looks_like_one && !["session-server", "api"].contains(&named) {
            assert!(names.contains(named), "`{word}` is no setting");
            found += 1;
        }
    }
    assert!(found >= 10, "{found}");
}

#[test]
fn every_flag_has_an_environment_variable_of_its_name() {
    for argument in Settings::command().get_arguments() {
        let Some(long) = argument.get_long().filter(|long| !["help", "version"].contains(long)) else { continue };
        let expected = format!("SESSION_{}", long.to_uppercase().replace('-', "_"));
        assert_eq!(argument.get_env().and_then(|name| name.to_str()), Some(expected.as_str()), "--{long}");
        assert!(argument.get_help().is_some(), "--{long} says nothing of itself");
    }
}

#[tokio::test]
async fn every_metric_that_the_guide_names_exists_and_the_other_way_round() {
    // A family without a series is not served, so one of everything happens first.
    let server = Server::start().await;
    let visit = server.visit().await;
    server.ok("batch", visit.says(json!({ "events": [click(1)] }))).await;
    assert_eq!(server.post("heartbeat", json!({})).await.0, 422);
    session_server::jobs::run(&server.app, session_server::jobs::Job::EndInactive).await.unwrap();
    let served: BTreeSet<String> = crate::operations::metrics(&server)
        .await
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .map(|(name, kind)| if kind == "counter" { format!("{name}_total") } else { name.to_owned() })
        .collect();
    // Roles and tables of PostgreSQL's are named so too, in other chapters.
    let chapter = GUIDE.split("\n## ").find(|chapter| chapter.starts_with("Watching it")).unwrap();
    let words = chapter.split('`').skip(1).step_by(2);
    let named: BTreeSet<String> = words.filter(|word| word.starts_with("session_")).map(Into::into).collect();
    assert_eq!(named, served);
}
