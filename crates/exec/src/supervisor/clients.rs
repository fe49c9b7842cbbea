//! The supervisor's side of its connections.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::rc::Rc;

use super::environment::Base;
use crate::wire::{self, Reply, Request};

/// Who cannot take in more than this many bytes of news is cut off; what it misses it can claim again.
const MAX_UNREAD: usize = 64 << 20;

/// A connection's number.
pub(super) type ClientId = u64;

/// One connected process.
pub(super) struct Client {
    pub(super) stream: UnixStream,
    /// Its environment, once it has said hello.
    pub(super) base: Option<Rc<Base>>,
    received: Vec<u8>,
    unsent: Vec<u8>,
    gone: bool,
}

impl Client {
    /// Queues a message.
    pub(super) fn tell(&mut self, reply: &Reply) {
        // Our own types serialise, and a vector takes all.
        let _ = wire::put(reply, &mut self.unsent);
        if self.unsent.len() > MAX_UNREAD {
            self.gone = true;
        }
    }

    /// Whether something waits to be sent.
    pub(super) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Takes it for gone at the next [`Clients::flush`].
    pub(super) fn dismiss(&mut self) {
        self.gone = true;
    }

    fn receive(&mut self, buffer: &mut [u8]) {
        loop {
            match (&self.stream).read(buffer) {
                Ok(0) => self.gone = true,
                Ok(read) => {
                    self.received.extend_from_slice(&buffer[..read]);
                    if read == buffer.len() {
                        continue;
                    }
                }
                Err(why) if why.kind() == ErrorKind::Interrupted => continue,
                Err(why) if why.kind() == ErrorKind::WouldBlock => {}
                Err(_) => self.gone = true,
            }
            return;
        }
    }

    fn send(&mut self) {
        let mut sent = 0;
        while sent < self.unsent.len() {
            match (&self.stream).write(&self.unsent[sent..]) {
                Ok(written) => sent += written,
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(why) if why.kind() == ErrorKind::WouldBlock => break,
                Err(_) => {
                    self.gone = true;
                    break;
                }
            }
        }
        self.unsent.drain(..sent);
    }
}

/// All connections.
#[derive(Default)]
pub(super) struct Clients {
    next: ClientId,
    pub(super) all: BTreeMap<ClientId, Client>,
}

impl Clients {
    /// Lets in whoever knocks.
    pub(super) fn accept(&mut self, listener: &UnixListener) {
        while let Ok((stream, _)) = listener.accept() {
            if stream.set_nonblocking(true).is_err() {
                continue;
            }
            let client = Client { stream, base: None, received: Vec::new(), unsent: Vec::new(), gone: false };
            self.all.insert(self.next, client);
            self.next += 1;
        }
    }

    /// What a client says now. An unreadable message ends the connection.
    pub(super) fn hear(&mut self, id: ClientId, buffer: &mut [u8]) -> Vec<Request> {
        let mut requests = Vec::new();
        let Some(client) = self.all.get_mut(&id) else { return requests };
        client.receive(buffer);
        let mut broken = false;
        wire::take_lines(&mut client.received, |line| match serde_json::from_slice(line) {
            Ok(request) if !broken => requests.push(request),
            Ok(_) => {}
            Err(why) => {
                tracing::warn!("a client says what is not understood: {why}");
                broken = true;
            }
        });
        client.gone |= broken;
        requests
    }

    /// Sends what is queued. Returns who is gone; they are forgotten.
    pub(super) fn flush(&mut self) -> Vec<ClientId> {
        let mut gone = Vec::new();
        self.all.retain(|&id, client| {
            if client.has_unsent() {
                client.send();
            }
            if client.gone {
                gone.push(id);
            }
            !client.gone
        });
        gone
    }
}
