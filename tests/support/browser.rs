//! A browser without a window: what it makes of a page.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Chromium, with a profile of its own and without a network.
pub struct Browser {
    program: PathBuf,
    folder: tempfile::TempDir,
}

impl Browser {
    /// The system's Chromium. A test that needs it and finds none fails.
    pub fn new() -> Self {
        let named = std::env::var_os("BRANCHLINE_TEST_CHROMIUM").map(PathBuf::from);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = || {
            let names = ["chromium", "chromium-browser", "google-chrome"];
            std::env::split_paths(&path)
                .flat_map(|folder| names.map(|name| folder.join(name)))
                .find(|program| program.is_file())
        };
        let program =
            named.or_else(found).expect("Chromium is needed: `.ci/browser install`, or BRANCHLINE_TEST_CHROMIUM");
        Self { program, folder: tempfile::tempdir().unwrap() }
    }

    /// A file in the browser's folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The document as it stands when its scripts have run.
    pub fn dom(&self, address: &str, flags: &[&str]) -> String {
        let output = self.command(flags).arg("--dump-dom").arg(address).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// A picture of the page, of so many pixels: the bytes of a PNG.
    pub fn screenshot(&self, address: &str, (width, height): (u32, u32), flags: &[&str]) -> Vec<u8> {
        let file = self.file("page.png");
        let _ = std::fs::remove_file(&file);
        let mut command = self.command(flags);
        command.arg(format!("--window-size={width},{height}")).arg(format!("--screenshot={}", file.display()));
        command.arg(address).output().unwrap();
        std::fs::read(&file).expect("a screenshot")
    }

    /// The page as it is printed: the bytes of a PDF.
    pub fn pdf(&self, address: &str) -> Vec<u8> {
        let file = self.file("page.pdf");
        self.command(&["--no-pdf-header-footer"])
            .arg(format!("--print-to-pdf={}", file.display()))
            .arg(address)
            .output()
            .unwrap();
        std::fs::read(&file).expect("a PDF")
    }

    fn command(&self, flags: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"])
            .args(["--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND"])
            .arg(format!("--user-data-dir={}", self.folder.path().join("profile").display()))
            .args(flags);
        command
    }
}

/// The address of a file.
pub fn address(file: &Path) -> String {
    format!("file://{}", file.display())
}
