//! The pages and the package: right types, revalidated, never barred from the back-forward cache.

use crate::support::{Server, answer, kind};

async fn server() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let (www, pkg) = (folder.path().join("www"), folder.path().join("pkg"));
    std::fs::create_dir_all(www.join("live")).unwrap();
    std::fs::create_dir_all(pkg.join("wasm")).unwrap();
    for (file, text) in [("index.html", "<p>home"), ("live/index.html", "<p>live"), ("style.css", "p {}")] {
        std::fs::write(www.join(file), text).unwrap();
    }
    for file in ["session-tracker.iife.js", "session-tracker.js.map", "wasm/tracker.wasm", "module.mjs"] {
        std::fs::write(pkg.join(file), "x").unwrap();
    }
    std::fs::write(folder.path().join("secret"), "x").unwrap();
    Server::in_folder(folder, |settings| {
        settings.www = Some(www);
        settings.pkg = Some(pkg);
    })
    .await
}

#[tokio::test]
async fn files_have_the_type_browsers_insist_on() {
    let server = server().await;
    let types = [
        ("/", "text/html"),
        ("/live/", "text/html"),
        ("/style.css", "text/css"),
        ("/pkg/session-tracker.iife.js", "text/javascript"),
        ("/pkg/module.mjs", "application/javascript"),
        ("/pkg/session-tracker.js.map", "application/json"),
        ("/pkg/wasm/tracker.wasm", "application/wasm"),
    ];
    for (path, expected) in types {
        let response = server.get(path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let found = response.headers()["content-type"].to_str().unwrap();
        assert!(found.starts_with(expected), "{path}: {found}");
        assert_eq!(response.headers()["cache-control"], "no-cache", "{path}");
    }
}

#[tokio::test]
async fn a_file_that_has_not_changed_is_not_sent_again() {
    let server = server().await;
    let first = server.get("/style.css").send().await.unwrap();
    let etag = first.headers()["etag"].clone();
    let again = server.get("/style.css").header("if-none-match", etag).send().await.unwrap();
    assert_eq!(again.status(), 304);
}

#[tokio::test]
async fn what_is_not_in_the_folders_is_not_served() {
    let server = server().await;
    for path in ["/nothing.js", "/pkg/nothing.js", "/%2e%2e/secret", "/pkg/..%2fsecret", "/../secret"] {
        let (status, problem) = answer(server.get(path).send().await.unwrap()).await;
        assert_eq!((status, kind(&problem)), (404, "not-found"), "{path}");
    }
}

#[tokio::test]
async fn the_api_is_there_beside_the_files() {
    let server = server().await;
    assert_eq!(server.get("/readyz").send().await.unwrap().status(), 200);
    let (status, problem) = answer(server.get("/api/nothing").send().await.unwrap()).await;
    assert_eq!((status, kind(&problem)), (404, "not-found"));
}
