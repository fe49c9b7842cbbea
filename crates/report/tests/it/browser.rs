//! The page in a real browser: no error, no request, and its script does what it says.

use std::path::Path;
use std::process::Command;

use report::View;
use report::page::{Made, page};

use crate::fixture;

/// The browser's names, in the order of trying.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

fn browser() -> String {
    let works =
        |name: &&&str| Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success());
    let Some(name) = NAMES.iter().find(works) else {
        panic!(
            "this test opens the report in a browser and none was found: install `chromium` (apt-get install chromium)"
        );
    };
    (*name).to_owned()
}

/// Opens a page, runs `probe` in it (an expression that gives a string), and returns its result and what the browser
/// wrote to its console.
fn open(html: &str, probe: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    let script = format!(
        "<script>window.addEventListener('load',()=>{{document.title='[['+({probe})+']]'}})</script></body>"
    );
    std::fs::write(&file, html.replacen("</body>", &script, 1)).unwrap();
    let out = run(&folder.path().join("profile"), &file);
    let title =
        out.0.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or("").to_owned();
    let result = title
        .strip_prefix("[[")
        .and_then(|t| t.strip_suffix("]]"))
        .unwrap_or_else(|| panic!("the page's script did not finish; title {title:?}, console:\n{}", out.1));
    (result.to_owned(), out.1)
}

fn run(profile: &Path, file: &Path) -> (String, String) {
    let output = Command::new(browser())
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
        ])
        .args([
            "--disable-component-update",
            "--disable-sync",
            "--enable-logging=stderr",
            "--window-size=1280,2000",
        ])
        // Whatever is asked of the network fails, and would be seen.
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=3000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .expect("the browser starts");
    let console = String::from_utf8_lossy(&output.stderr);
    let console: String =
        console.lines().filter(|line| line.contains("CONSOLE")).map(|line| format!("{line}\n")).collect();
    (String::from_utf8_lossy(&output.stdout).into_owned(), console)
}

#[test]
fn the_page_opens_without_an_error_and_without_a_request() {
    let mut studies: Vec<(&str, View)> = fixture::edges();
    studies.retain(|(name, _)| ["empty", "failed", "hostile"].contains(name));
    studies.extend([("digits", fixture::digits(200)), ("compression", fixture::compression(80))]);
    for (name, view) in studies {
        let html = page(&view, &Made::default());
        let (requests, console) =
            open(&html, "performance.getEntriesByType('resource').map(e=>e.name).join(' ')");
        assert_eq!(console, "", "{name}: the console");
        assert_eq!(requests, "", "{name}: requests");
    }
}

#[test]
fn the_table_sorts_and_filters_and_the_theme_turns() {
    let view = fixture::digits(60);
    let best = report::summary::best(&view)[0];
    let failed = view.rows.iter().filter(|row| row.state == report::State::Failed).count();
    let adam = view
        .rows
        .iter()
        .filter(|row| row.cells[7] == report::Cell::Choice(1) && row.value(0).is_some_and(|v| v < 0.05))
        .count();
    let probe = "(()=>{const t=document.querySelector('#table'),f=document.querySelector('#filter');\
        t.tHead.rows[0].cells[2].firstChild.click();\
        const first=t.tBodies[0].rows[0].dataset.t;\
        const count=q=>{f.value=q;f.dispatchEvent(new Event('input'));return [...t.tBodies[0].rows].filter(r=>!r.hidden).length};\
        const a=count('failed'),b=count('optimizer=adam val_error<0.05'),c=count('');\
        document.querySelector('#theme').click();document.querySelector('#theme').click();\
        return [first,a,b,c,document.documentElement.dataset.theme].join(' ')})()";
    let (result, console) = open(&page(&view, &Made::default()), probe);
    assert_eq!(console, "");
    assert_eq!(result, format!("{best} {failed} {adam} 60 dark"));
}

#[test]
fn pointing_at_a_trial_lights_it_up_everywhere_and_a_brush_filters_lines() {
    let probe = "(()=>{const dot=document.querySelector('#history svg.wide .ok circle');\
        dot.dispatchEvent(new PointerEvent('pointermove',{bubbles:true}));\
        const hot=document.querySelectorAll('.hot').length,tip=document.querySelector('#tip').textContent;\
        const svg=document.querySelector('.scroll svg'),m=svg.getScreenCTM(),x=+svg.querySelector('.coord').dataset.x;\
        svg.setPointerCapture=()=>{};\
        const at=(type,y)=>svg.dispatchEvent(new PointerEvent(type,{bubbles:true,clientX:m.a*x+m.e,clientY:m.d*y+m.f}));\
        at('pointerdown',150);at('pointermove',250);at('pointerup',250);\
        const off=document.querySelectorAll('.lines .off').length,all=document.querySelectorAll('.lines path').length;\
        return [hot>10,tip.startsWith('Trial '+dot.dataset.t),off>0&&off<all].join(' ')})()";
    let (result, console) = open(&page(&fixture::digits(120), &Made::default()), probe);
    assert_eq!(console, "");
    assert_eq!(result, "true true true");
}

#[test]
fn the_table_of_trials_fits_a_normal_screen_and_keeps_its_first_column() {
    let probe = "(()=>{const t=document.querySelector('.table'),cell=document.querySelector('#table td');\
        const fits=t.scrollWidth<=t.clientWidth;\
        t.style.width='300px';t.scrollLeft=120;\
        const stays=cell.getBoundingClientRect().left-t.getBoundingClientRect().left<3;\
        return [fits,t.scrollLeft>100,stays,t.scrollWidth].join(' ')})()";
    let (result, console) = open(&page(&fixture::digits(120), &Made::default()), probe);
    assert_eq!(console, "");
    assert!(result.starts_with("true true true"), "{result}");
}
