//! `[store] url`: where the study is kept.

use std::fmt;
use std::path::PathBuf;

/// Where a study is kept. `${NAME}` stands as it is written; [`StoreUrl::expanded`] reads the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StoreUrl {
    /// A SQLite file in the study's folder.
    #[default]
    Study,
    /// The SQLite file at this path, from the study file's folder, or absolute.
    Sqlite(String),
}

/// Why an address is none, and what would be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StoreUrlError(pub String);

impl StoreUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// A kind of store that does not exist (yet).
    pub fn parse(url: &str) -> Result<StoreUrl, StoreUrlError> {
        if url == "sqlite" {
            return Ok(StoreUrl::Study);
        }
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(StoreUrlError("the path after `sqlite:` is missing".to_owned()));
            }
            return Ok(StoreUrl::Sqlite(path.to_owned()));
        }
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Err(StoreUrlError("a store in PostgreSQL is not supported yet".to_owned()));
        }
        Err(StoreUrlError("this is no address of a store: write `sqlite`, or `sqlite:PATH`".to_owned()))
    }

    /// The path of the SQLite file, where it does not lie in the study's folder, with `${NAME}` filled in by `variable`.
    ///
    /// # Errors
    /// A variable that is not set, or a `${` without its `}`.
    pub fn expanded(
        &self,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<PathBuf>, StoreUrlError> {
        match self {
            StoreUrl::Study => Ok(None),
            StoreUrl::Sqlite(path) => expand(path, variable).map(PathBuf::from).map(Some),
        }
    }

    /// The literal password in it, which no copy may show.
    pub fn password(&self) -> Option<&str> {
        match self {
            StoreUrl::Study => None,
            StoreUrl::Sqlite(path) => password(path),
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreUrl::Study => f.write_str("sqlite"),
            StoreUrl::Sqlite(path) => write!(f, "sqlite:{path}"),
        }
    }
}

/// The password of `kind://user:password@host`, where it is written out.
pub(crate) fn password(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let (login, _) = rest.rsplit_once('@')?;
    let (_, password) = login.split_once(':')?;
    (!password.is_empty() && !password.starts_with("${")).then_some(password)
}

fn expand(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<String, StoreUrlError> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, left) = after
            .split_once('}')
            .ok_or_else(|| StoreUrlError("`${` is not closed in the store's address".to_owned()))?;
        let value = variable(name);
        expanded += before;
        expanded +=
            &value.ok_or_else(|| StoreUrlError(format!("the environment variable `{name}` is not set")))?;
        rest = left;
    }
    Ok(expanded + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_to_the_environment_stay_until_they_are_used() {
        let store = StoreUrl::parse("sqlite:${HOME}/all.db").expect("an address");
        assert_eq!(store.to_string(), "sqlite:${HOME}/all.db");
        let home = |name: &str| (name == "HOME").then(|| "/home/me".to_owned());
        assert_eq!(store.expanded(home), Ok(Some(PathBuf::from("/home/me/all.db"))));
        assert_eq!(
            store.expanded(|_| None).map_err(|e| e.0),
            Err("the environment variable `HOME` is not set".into())
        );
    }

    #[test]
    fn a_literal_password_is_found_and_a_reference_is_none() {
        assert_eq!(password("postgres://me:secret@host/db"), Some("secret"));
        assert_eq!(password("postgres://me:${PASSWORD}@host/db"), None);
        assert_eq!(password("sqlite:runs.db"), None);
    }
}
