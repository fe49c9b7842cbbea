//! Keeps `results.jsonl` and `params.csv` equal to the fold while a study runs.
//!
//! They are a projection, not history: only the holder of the `scribe` lease writes them. Taking over, the last
//! whole line of each file is compared with the fold; where it differs the file is written anew (temporary file and
//! rename), else it is continued. What is appended are whole lines in one write.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::{Finished, Source, csv_header, csv_line, jsonl_line};
use crate::files::replace;

/// The name of the file of results.
pub const RESULTS: &str = "results.jsonl";
/// The name of the file of parameters.
pub const PARAMS: &str = "params.csv";

/// The two files of one study, open for appending.
#[derive(Debug)]
pub struct Projection {
    results: PathBuf,
    params: PathBuf,
    written: Vec<Finished>,
    header: String,
}

impl Projection {
    /// Takes the files of a study's folder over and brings them to the source's state.
    pub fn take_over(folder: &Path, source: &dyn Source) -> io::Result<Self> {
        let finished = source.finished();
        let mut this = Projection {
            results: folder.join(RESULTS),
            params: folder.join(PARAMS),
            written: Vec::new(),
            header: csv_header(source.view()),
        };
        match this.agreed(&finished, source)? {
            Some(lines) => this.written = finished[..lines].to_vec(),
            None => this.rewrite(&finished, source)?,
        }
        this.update(source)?;
        Ok(this)
    }

    /// Appends what has finished since; rewrites where something before that changed: a trial that was continued,
    /// an ending with an earlier time, a new parameter (define-by-run). Returns the number of lines that are new.
    pub fn update(&mut self, source: &dyn Source) -> io::Result<usize> {
        let finished = source.finished();
        let before = self.written.len();
        let header = csv_header(source.view());
        if header != self.header || !finished.starts_with(&self.written) {
            self.header = header;
            self.rewrite(&finished, source)?;
            return Ok(finished.len().saturating_sub(before));
        }
        let (results, params) = lines(&finished[before..], source);
        append(&self.results, &results)?;
        append(&self.params, &params)?;
        self.written = finished;
        Ok(self.written.len() - before)
    }

    fn rewrite(&mut self, finished: &[Finished], source: &dyn Source) -> io::Result<()> {
        let (results, params) = lines(finished, source);
        replace(&self.results, results.as_bytes())?;
        replace(&self.params, (self.header.clone() + &params).as_bytes())?;
        self.written = finished.to_vec();
        Ok(())
    }

    /// How many of the first finished trials both files hold; `None` where they must be written anew. A torn last
    /// line is cut off.
    fn agreed(&self, finished: &[Finished], source: &dyn Source) -> io::Result<Option<usize>> {
        let (Some(results), Some(params)) = (Tail::read(&self.results)?, Tail::read(&self.params)?) else {
            return Ok(None);
        };
        if params.first != self.header || params.lines != results.lines + 1 || results.lines > finished.len()
        {
            return Ok(None);
        }
        let Some(last) = results.lines.checked_sub(1) else {
            results.cut(&self.results)?;
            params.cut(&self.params)?;
            return Ok(Some(0));
        };
        let Some((row, config)) = source.read(finished[last].number) else { return Ok(None) };
        let same = results.last == jsonl_line(source.view(), &row, config)
            && params.last == csv_line(source.view(), &row);
        if same {
            results.cut(&self.results)?;
            params.cut(&self.params)?;
        }
        Ok(same.then_some(results.lines))
    }
}

fn lines(finished: &[Finished], source: &dyn Source) -> (String, String) {
    let (mut results, mut params) = (String::new(), String::new());
    for (row, config) in finished.iter().filter_map(|finished| source.read(finished.number)) {
        results.push_str(&jsonl_line(source.view(), &row, config));
        params.push_str(&csv_line(source.view(), &row));
    }
    (results, params)
}

fn append(path: &Path, text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    OpenOptions::new().append(true).open(path)?.write_all(text.as_bytes())
}

/// What a file holds: how many whole lines, the first and the last of them, and where they end.
struct Tail {
    lines: usize,
    first: String,
    last: String,
    whole: u64,
    size: u64,
}

impl Tail {
    /// `None` where there is no such file, or it is not text.
    fn read(path: &Path) -> io::Result<Option<Self>> {
        let mut text = String::new();
        match File::open(path).and_then(|mut file| file.read_to_string(&mut text)) {
            Ok(_) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        // A quoted field may hold line ends: records are counted, not lines.
        let ends = record_ends(&text[..whole], path.extension().is_some_and(|extension| extension == "csv"));
        let first = ends.first().map_or("", |&end| &text[..end]).to_owned();
        let start = ends.len().checked_sub(2).map_or(0, |at| ends[at]);
        let whole = ends.last().copied().unwrap_or(0);
        let last = text[start..whole].to_owned();
        Ok(Some(Tail { lines: ends.len(), first, last, whole: whole as u64, size: text.len() as u64 }))
    }

    /// Cuts off what follows the last whole line.
    fn cut(&self, path: &Path) -> io::Result<()> {
        if self.whole < self.size {
            let file = OpenOptions::new().write(true).open(path)?;
            file.set_len(self.whole)?;
        }
        Ok(())
    }
}

/// Where each record ends: at its newline, outside quotes where the file has quotes.
fn record_ends(text: &str, quotes: bool) -> Vec<usize> {
    let mut inside = false;
    let mut ends = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' if quotes => inside = !inside,
            b'\n' if !inside => ends.push(at + 1),
            _ => {}
        }
    }
    ends
}
