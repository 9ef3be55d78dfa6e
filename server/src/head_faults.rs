//! Requests whose head cannot be read never reach a route: the HTTP library answers them by itself, with a bare status. On its way out such an
//! answer becomes a problem, as all of ours are. It is known by what it lacks: every answer of a route's has a request id.

use crate::error::Problem;
use hyper::rt::{Read, ReadBufCursor, Write};
use std::io::{Error, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use uuid::Uuid;

/// A connection on which bare refusals are written out.
pub struct WrittenOut<Io> {
    io: Io,
    /// What remains to be said of a problem.
    problem: Vec<u8>,
}

impl<Io: Write + Unpin> WrittenOut<Io> {
    /// Around this connection.
    pub fn new(io: Io) -> Self {
        Self { io, problem: Vec::new() }
    }

    fn send_problem(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while !self.problem.is_empty() {
            let written = ready!(Pin::new(&mut self.io).poll_write(context, &self.problem))?;
            self.problem.drain(..written);
            if written == 0 {
                return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into()));
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// The problem that a bare refusal stands for; `None` for everything else.
fn problem(written: &[u8]) -> Option<Problem> {
    let status = written.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    let problem = match status {
        b"400" => Problem::MalformedRequest,
        b"414" => Problem::AddressTooLong,
        b"431" => Problem::HeadTooLarge,
        _ => return None,
    };
    let is_ours = written.windows(REQUEST_ID.len()).any(|bytes| bytes.eq_ignore_ascii_case(REQUEST_ID));
    (!is_ours).then_some(problem)
}

const REQUEST_ID: &[u8] = b"\r\nx-request-id:";

fn written_out(problem: &Problem) -> Vec<u8> {
    let id = Uuid::now_v7().to_string();
    let (status, body) = (problem.status(), problem.json(&id).to_string());
    tracing::debug!(id, problem = problem.kind(), "a request's head could not be read");
    format!(
        "HTTP/1.1 {} {}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\nx-request-id: {id}\r\nconnection: close\r\n\r\n{body}",
        status.as_u16(),
        status.canonical_reason().unwrap_or_default(),
        body.len()
    )
    .into_bytes()
}

impl<Io: Read + Unpin> Read for WrittenOut<Io> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: ReadBufCursor<'_>,
    ) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.io).poll_read(context, into)
    }
}

impl<Io: Write + Unpin> Write for WrittenOut<Io> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Error>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        ready!(self.send_problem(context))?;
        let Some(problem) = slices.first().and_then(|head| problem(head)) else {
            return Pin::new(&mut self.io).poll_write_vectored(context, slices);
        };
        // Taken whole, and sent in its new form before anything else.
        self.problem = written_out(&problem);
        Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.send_problem(context))?;
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.send_problem(context))?;
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
