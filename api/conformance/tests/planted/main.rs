//! Whether the suite finds what is wrong: a small backend that keeps every promise is judged so, and with one fault planted in it the very
//! cases break that ask for what the fault spoils.

mod a_backend_that;
mod backend;
mod body;
mod fault;
mod session;
mod views;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Query;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::IntoResponse;
use backend::{Backend, Call};
use fault::{Fault, Login};
use session_conformance::backend::{Backend as Judged, Profile, Settings};
use session_conformance::case::Finding;
use session_conformance::{judge, report};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// What the suite finds of the small backend.
struct Found {
    broken: Vec<&'static str>,
    unjudged: Vec<&'static str>,
    absent: Vec<&'static str>,
    deduplicates: Option<bool>,
    sentences: String,
}

fn found(is_full: bool, login: Login, fault: Option<Fault>) -> Found {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let backend = Arc::new(Backend::new(is_full, login, fault));
    runtime.spawn(async move { axum::serve(listener, router(backend)).await });
    let settings = Settings {
        api: format!("http://{address}/api/sessions"),
        profile: None,
        token: (login == Login::Required).then(|| "bearer-of-ada".into()),
        other_token: (login == Login::Required).then(|| "bearer-of-bob".into()),
        origin: Some("https://app.example".into()),
        timeout: Duration::from_secs(20),
    };
    let judged = Judged::meet(settings).unwrap();
    assert_eq!(judged.profile(), if is_full { Profile::Full } else { Profile::Core });
    let judgements = judge(&judged, "", |_| {});
    let names = |is: fn(&Finding) -> bool| {
        judgements.iter().filter(|judgement| is(&judgement.finding)).map(|judgement| judgement.case.name).collect()
    };
    Found {
        broken: names(|finding| matches!(finding, Finding::Broken(_))),
        unjudged: names(|finding| matches!(finding, Finding::Unjudged(_))),
        absent: names(|finding| matches!(finding, Finding::Absent(_))),
        deduplicates: report::deduplicates(&judgements),
        sentences: judgements.iter().map(|judgement| report::line(judgement) + "\n").collect(),
    }
}

fn router(backend: Arc<Backend>) -> Router {
    let answer = move |method: Method,
                       uri: Uri,
                       Query(query): Query<HashMap<String, String>>,
                       headers: HeaderMap,
                       body: Bytes| {
        let headers =
            headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
        let call = Call { method, path: uri.path().into(), query, headers: headers.collect(), body: body.to_vec() };
        let (status, headers, text) = backend.answer(&call);
        let headers: HeaderMap = headers
            .into_iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::try_from(value).unwrap()))
            .collect();
        async move { (StatusCode::from_u16(status).unwrap(), headers, text).into_response() }
    };
    Router::new().fallback(answer).layer(axum::extract::DefaultBodyLimit::disable())
}

#[test]
fn a_backend_that_keeps_every_promise_is_judged_so() {
    for (is_full, login) in
        [(true, Login::None), (true, Login::Optional), (true, Login::Required), (false, Login::None)]
    {
        let found = found(is_full, login, None);
        assert!(found.broken.is_empty() && found.absent.is_empty(), "{is_full} {login:?}\n{}", found.sentences);
        assert_eq!(found.deduplicates, Some(true));
    }
}

#[test]
fn what_cannot_be_judged_is_said_and_is_little() {
    let without_login =
        ["foreign-user-id-403", "bearer-wrong-401", "bearer-none-401", "visitor-comes-back", "retry-after-forms"];
    assert_eq!(found(true, Login::None, None).unjudged, without_login);
    let with_login =
        ["visitor-comes-back", "batch-whole-visit", "stats-of-nobody-yet", "limit-of-user-ids", "retry-after-forms"];
    assert_eq!(found(true, Login::Required, None).unjudged, with_login);
}

#[test]
fn a_core_backend_without_deduplication_is_told_and_not_blamed() {
    let found = found(false, Login::None, Some(Fault::StoresTwice));
    assert_eq!((found.broken, found.deduplicates), (vec![], Some(false)));
    assert_eq!(found.absent, ["event-repeated", "section-change-repeated"]);
}

#[test]
fn every_chapter_that_a_case_names_is_there() {
    let law = include_str!("../../../README.md");
    for case in session_conformance::cases::all() {
        let heading = format!("# {}\n", case.chapter);
        assert!(law.contains(&heading), "{}: api/README.md has no chapter \"{}\"", case.name, case.chapter);
    }
}
