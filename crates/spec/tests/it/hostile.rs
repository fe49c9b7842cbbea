//! Input that nobody means well with: each is refused with words, none overflows the stack, panics or takes long.

use ravine_spec::{Format, StudyFile};

const FORMATS: [Format; 3] = [Format::Toml, Format::Yaml, Format::Json];

fn refused(text: &str, format: Format) -> String {
    let errors = StudyFile::parse("study.toml", text, format).expect_err("nothing of this is a study");
    assert!(!errors.diagnostics.is_empty());
    for diagnostic in &errors.diagnostics {
        if let Some(span) = &diagnostic.span {
            assert!(span.start <= span.end && span.end <= text.len(), "{span:?} of {} bytes", text.len());
        }
    }
    errors.to_string()
}

#[test]
fn empty_files_say_how_to_begin() {
    for format in FORMATS {
        for text in ["", "   \n\n"] {
            let said = refused(text, format);
            assert!(said.contains("the file is empty") && said.contains("ravine init"), "{said}");
        }
    }
    assert!(refused("# nothing\n", Format::Toml).contains("the file is empty"));
    assert!(refused("# nothing\n", Format::Yaml).contains("the file is empty"));
}

#[test]
fn files_that_are_too_large_or_no_text_are_refused() {
    for format in FORMATS {
        assert!(refused(&"x".repeat(5 << 20), format).contains("too long for a study file"));
        assert!(refused("name = \"a\0b\"", format).contains("not text"));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        StudyFile::load(path).expect_err("no study").to_string()
    };
    assert!(write("binary.toml", b"a = 1\n\xff\xfe\x00").contains("line 2 is not UTF-8"));
    assert!(write("study.ini", b"").contains("says no format"));
    let missing = StudyFile::load(folder.path().join("none.toml")).expect_err("no file").to_string();
    assert!(missing.contains("cannot be read"), "{missing}");
}

#[test]
fn deep_nesting_is_refused_and_never_overflows_the_stack() {
    for n in [100, 5_000, 200_000] {
        for format in [Format::Json, Format::Yaml] {
            refused(&format!("{}{}", "[".repeat(n), "]".repeat(n)), format);
            refused(&"[".repeat(n), format);
            refused(&format!("{}1{}", "{\"a\":".repeat(n), "}".repeat(n)), format);
            refused(&"{\"a\":".repeat(n), format);
        }
        refused(&format!("a = {}{}", "[".repeat(n), "]".repeat(n)), Format::Toml);
        refused(&format!("a = {}", "[".repeat(n)), Format::Toml);
        refused(&format!("a = {}1{}", "{a=".repeat(n), "}".repeat(n)), Format::Toml);
        refused(&format!("{}a = 1", "a.".repeat(n)), Format::Toml);
        refused(&format!("[{}a]", "a.".repeat(n)), Format::Toml);
        refused(&format!("{}'a' = 1", "'a' . ".repeat(n)), Format::Toml);
        refused(&format!("x = {{ {}a = 1 }}", "a.".repeat(n)), Format::Toml);
        refused(&"- ".repeat(n), Format::Yaml);
        refused(&"? ".repeat(n), Format::Yaml);
    }
    let block: String = (0..200).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    refused(&block, Format::Yaml);
}

#[test]
fn aliases_that_grow_without_end_are_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let before = format!("*a{}", level - 1);
        bomb += &format!("a{level}: &a{level} [{}]\n", [before.as_str(); 10].join(", "));
    }
    assert!(refused(&bomb, Format::Yaml).contains("more than"));
    let mut tower = "a0: &a0 [x]\n".to_owned();
    for level in 1..5_000 {
        tower += &format!("a{level}: &a{level} [[[[*a{}]]]]\n", level - 1);
    }
    assert!(refused(&tower, Format::Yaml).contains("nested too deeply"));
}

#[test]
fn control_characters_do_not_reach_the_terminal_and_long_lines_are_cut() {
    let said = refused("name = 3 # \u{1b}[31m red\n", Format::Toml);
    assert!(!said.contains('\u{1b}'), "{said:?}");
    let said = refused(&format!("name = {} + 1", "[1, 2],".repeat(10_000)), Format::Toml);
    assert!(said.lines().all(|line| line.chars().count() < 300), "{}", said.len());
}

/// A small generator: the mutations are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n.max(1) as u64) as usize
    }
}

#[test]
fn a_file_with_random_changes_is_read_or_refused_and_never_a_panic() {
    let toml = include_str!("../../../../examples/digits/study.toml");
    let second = include_str!("../../../../examples/compress/study.toml");
    let json =
        serde_json::to_string(&toml::from_str::<serde_json::Value>(toml).expect("TOML")).expect("JSON");
    let seeds = [
        (toml, Format::Toml),
        (second, Format::Toml),
        (json.as_str(), Format::Json),
        (json.as_str(), Format::Yaml),
    ];
    let pieces = [
        "[",
        "]",
        "{",
        "}",
        "\"",
        "'",
        "=",
        ":",
        ",",
        "\n",
        "  ",
        "- ",
        "1e999",
        "-1",
        "99999999999999999999",
        "nan",
        "true",
        "null",
        "&a ",
        "*a",
        "!!int ",
        "{{",
        "}}",
        "{lr}",
        "{units[",
        "lr",
        "space",
        "[[stage]]",
        "é",
        "\u{0}",
        "0.0",
        "|",
        ">",
    ];
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for (seed, format) in seeds {
        for _ in 0..400 {
            let mut text = seed.to_owned();
            for _ in 0..=dice.below(4) {
                let mut at = dice.below(text.len() + 1);
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                let mut end = (at + dice.below(12)).min(text.len());
                while !text.is_char_boundary(end) {
                    end += 1;
                }
                match dice.below(3) {
                    0 => text.replace_range(at..end, ""),
                    1 => text.insert_str(at, pieces[dice.below(pieces.len())]),
                    _ => text.replace_range(at..end, pieces[dice.below(pieces.len())]),
                }
            }
            match StudyFile::parse("study.toml", &text, format) {
                Ok(study) => assert!(!study.stages.is_empty()),
                Err(errors) => {
                    let said = errors.to_string();
                    assert!(said.starts_with("error: ") && said.is_char_boundary(said.len()));
                }
            }
        }
    }
}
