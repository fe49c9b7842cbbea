//! The figures at a port of this machine: `GET /metrics`, and nothing else. For one who reads them every few seconds.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a caller may take, one after another: nobody else is served meanwhile.
const PATIENCE: Duration = Duration::from_secs(1);
/// The longest request that is read.
const LONGEST: usize = 8 * 1024;

/// A listener with a thread of its own; it ends with this.
#[derive(Debug)]
pub(super) struct Port {
    shared: Arc<Shared>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    /// `None` before the first figures.
    text: Mutex<Option<String>>,
    is_over: AtomicBool,
}

impl Port {
    /// Listens on loopback.
    pub(super) fn open(port: u16) -> io::Result<Port> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let serve = move || serve(&listener, &theirs);
        let thread = std::thread::Builder::new().name("metrics".to_owned()).spawn(serve)?;
        Ok(Port { shared, address, thread: Some(thread) })
    }

    /// What is answered from now on.
    pub(super) fn show(&self, text: String) {
        *self.shared.text.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        // Wakes the listener, so that the port is free when this returns.
        let is_woken = TcpStream::connect_timeout(&self.address, PATIENCE).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| is_woken) {
            let _ = thread.join();
        }
    }
}

fn serve(listener: &TcpListener, shared: &Shared) {
    for stream in listener.incoming() {
        if shared.is_over.load(Ordering::Relaxed) {
            return;
        }
        match stream {
            // A caller that goes away is no matter of ours.
            Ok(stream) => drop(answer(stream, shared)),
            // Out of files, most likely: others need time to close theirs.
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

fn answer(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = request(&mut stream)?;
    let mut words = request.split_ascii_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    let (status, body) = match (method, path) {
        ("GET" | "HEAD", "/metrics") => {
            match shared.text.lock().unwrap_or_else(PoisonError::into_inner).clone() {
                Some(text) => ("200 OK", text),
                None => ("503 Service Unavailable", "there are no figures yet\n".to_owned()),
            }
        }
        ("GET" | "HEAD", _) => ("404 Not Found", "only /metrics is here\n".to_owned()),
        _ => ("405 Method Not Allowed", "only GET is answered\n".to_owned()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    if method != "HEAD" {
        stream.write_all(body.as_bytes())?;
    }
    Ok(())
}

/// The request up to the end of its head.
fn request(stream: &mut TcpStream) -> io::Result<String> {
    let began = Instant::now();
    let mut bytes = Vec::new();
    let mut part = [0; 1024];
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") && bytes.len() < LONGEST {
        let left = PATIENCE.saturating_sub(began.elapsed());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut part)? {
            0 => break,
            count => bytes.extend_from_slice(part.get(..count).unwrap_or_default()),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(port: &Port, request: &str) -> String {
        let mut stream = TcpStream::connect(port.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn the_figures_are_at_one_path_and_at_no_other() {
        let port = Port::open(0).unwrap();
        port.show("ravine_up 1\n".to_owned());
        let answer = get(&port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nravine_up 1\n"));
        assert!(get(&port, "GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
        assert!(get(&port, "POST /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
    }

    #[test]
    fn before_the_first_figures_there_are_none() {
        let port = Port::open(0).unwrap();
        assert!(get(&port, "GET /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 503 "));
    }

    #[test]
    fn a_caller_that_says_nothing_holds_the_next_one_up_for_a_moment_only() {
        let port = Port::open(0).unwrap();
        port.show(String::new());
        let silent = TcpStream::connect(port.address).unwrap();
        assert!(get(&port, "GET /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200 "));
        drop(silent);
    }

    #[test]
    fn the_port_is_free_again_at_once() {
        let port = Port::open(0).unwrap();
        let number = port.address.port();
        assert!(Port::open(number).is_err());
        drop(port);
        assert!(TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok());
    }
}
