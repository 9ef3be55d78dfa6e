//! Reads the settings, opens the store, serves until it is told to stop, and then leaves nothing undone.

use session_server::auth::{keys, service_token};
use session_server::clock::SystemClock;
use session_server::config::{Settings, file, without_credentials};
use session_server::limits::SHUTDOWN;
use session_server::{App, app, doctor, jobs, logging, metrics, rate_limit, serve, store};
use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments: Vec<_> = std::env::args_os().collect();
    let asks_doctor = arguments.get(1).is_some_and(|first| first == "doctor");
    if asks_doctor {
        arguments.remove(1);
    }
    let settings = file::read(arguments).unwrap_or_else(|error| error.exit());
    let done = if asks_doctor { see_doctor(settings).await } else { run(settings).await };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("session-server: {sentence}");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings) -> Result<(), String> {
    logging::start(&settings)?;
    settings.check()?;
    for folder in [&settings.www, &settings.pkg].into_iter().flatten().filter(|folder| !folder.is_dir()) {
        tracing::warn!(folder = %folder.display(), "there is no such folder yet; its files are not found until there is");
    }
    let service_token = service_token::open(&settings.service_token_file)?;
    let store = store::open(&settings).await.map_err(|error| error.to_string())?;
    let listener = listen(settings.listen).await?;
    let listener_of_metrics = match settings.metrics_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    if let Some(listener) = &listener_of_metrics {
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        tracing::info!(%address, "metrics are at /metrics");
    }
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let clock = SystemClock { ahead: settings.clock_ahead };
    let state = App::new(settings, service_token, Arc::new(clock), store).await?;
    greet(address, &state.settings);

    let mut behind = JoinSet::new();
    behind.spawn(jobs::start(Arc::clone(&state)));
    behind.spawn(keys::keep(Arc::clone(&state)));
    behind.spawn(rate_limit::keep_small(Arc::clone(&state)));
    if let Some(listener) = listener_of_metrics {
        let router = metrics::router(Arc::clone(&state));
        behind.spawn(serve::serve(listener, router, state.settings.head_timeout, std::future::pending()));
    }
    let (stop, mut stopped) = watch::channel(false);
    tokio::spawn(stop_on_signal(Arc::clone(&state), stop));
    let told = async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    serve::serve(listener, app(Arc::clone(&state)), state.settings.head_timeout, told).await;
    behind.shutdown().await;
    timeout(SHUTDOWN, state.close()).await.map_err(|_| "the store did not close in time".to_owned())?;
    tracing::info!("stopped; every acknowledged write is stored");
    Ok(())
}

async fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    let taken = |error| format!("cannot listen on {address}: {error}. Name another address; port 0 is any free one.");
    TcpListener::bind(address).await.map_err(taken)
}

/// Goes through the checklist and prints it.
async fn see_doctor(settings: Settings) -> Result<(), String> {
    let store = store::open(&settings).await.map_err(|error| error.to_string())?;
    let clock = SystemClock { ahead: settings.clock_ahead };
    let checks = doctor::examine(&settings, store.as_ref(), &clock).await;
    store.close().await;
    let _ = writeln!(std::io::stdout(), "{}", doctor::report(&checks));
    if checks.iter().all(|check| check.result.is_ok()) { Ok(()) } else { Err("see the checks that failed".into()) }
}

async fn stop_on_signal(state: Arc<App>, stop: watch::Sender<bool>) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be received: the server can only be killed");
        std::future::pending::<()>().await;
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping; a second signal stops at once");
    state.closing.store(true, Ordering::SeqCst);
    let _ = stop.send(true);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    std::process::exit(1);
}

/// Whoever started the server may not be reading any more, which is no reason to stop.
fn greet(address: SocketAddr, settings: &Settings) {
    let mut lines = vec![format!("The session server listens on http://{address}")];
    if let Some(www) = &settings.www {
        for (folder, what) in [
            ("site", "an example site that is tracked"),
            ("live", "its sessions and events as they arrive"),
            ("dashboard", "who is online, how sessions go, and whether everything arrived"),
        ] {
            if www.join(folder).is_dir() {
                lines.push(format!("  http://{address}/{folder}/  {what}"));
            }
        }
    }
    lines.push(format!("  http://{address}/openapi.yaml  the API"));
    lines.push(format!("  {}  where it is stored", without_credentials(&settings.database)));
    let _ = writeln!(std::io::stdout(), "{}", lines.join("\n"));
}
