//! Who holds a file that cannot be written: the kernel lists all locks on files. It is only read there: to open the database's file
//! and close it again would let go of every lock that this process has on it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Where Linux lists them.
const LOCKS: &str = "/proc/locks";

/// The other processes that hold a database's file: those that write, else those that read. None where nobody can tell.
pub(super) fn holders(database: &Path) -> Option<String> {
    let locks = fs::read_to_string(LOCKS).ok()?;
    // With a write-ahead log, the locks are on the file of the index beside it.
    let mut index = database.as_os_str().to_owned();
    index.push("-shm");
    let inodes: Vec<u64> = [database.to_owned(), PathBuf::from(index)]
        .iter()
        .filter_map(|file| fs::metadata(file).ok())
        .map(|file| file.ino())
        .collect();
    let of = |access: &str| {
        let own = std::process::id();
        let mut processes: Vec<u32> = locks.lines().filter_map(|line| process(line, access, &inodes)).collect();
        processes.retain(|&process| process != own);
        processes.sort_unstable();
        processes.dedup();
        processes
    };
    let mut processes = of("WRITE");
    if processes.is_empty() {
        processes = of("READ");
    }
    let named = processes.iter().map(|process| {
        let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
        if name.trim().is_empty() {
            format!("process {process}")
        } else {
            format!("process {process} ({})", name.trim())
        }
    });
    let named = named.collect::<Vec<_>>().join(", ");
    (!named.is_empty()).then_some(named)
}

/// The process that holds such a lock on one of these files, by a line such as
/// `1: POSIX  ADVISORY  WRITE 4711 08:01:1234567 1073741825 1073741825`.
fn process(line: &str, access: &str, inodes: &[u64]) -> Option<u32> {
    let mut words = line.split_whitespace().skip_while(|word| *word != "ADVISORY").skip(1);
    if words.next()? != access {
        return None;
    }
    let process = words.next()?.parse().ok()?;
    let inode = words.next()?.rsplit(':').next()?.parse().ok()?;
    inodes.contains(&inode).then_some(process)
}

#[cfg(test)]
mod tests {
    use super::process;

    #[test]
    fn lines_of_the_kernel() {
        let line = "1: POSIX  ADVISORY  WRITE 4711 08:01:1234567 1073741825 1073741825";
        assert_eq!(process(line, "WRITE", &[5, 1_234_567]), Some(4711));
        assert_eq!(process(line, "READ", &[1_234_567]), None);
        assert_eq!(process(line, "WRITE", &[1]), None);
        let waiting = "1: -> POSIX  ADVISORY  WRITE 12 08:01:7 0 EOF";
        assert_eq!(process(waiting, "WRITE", &[7]), Some(12));
        assert_eq!(process("2: FLOCK", "WRITE", &[7]), None);
    }
}
