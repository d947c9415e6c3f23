use std::os::unix::fs::{FileExt, OpenOptionsExt};

fn main() -> std::io::Result<()> {
    let path = std::env::args().nth(1).expect("which file?");
    let file = std::fs::OpenOptions::new().write(true).custom_flags(0o40000).open(path)?;
    let room = vec![0u8; 8192];
    let aligned = 4096 - room.as_ptr() as usize % 4096;
    for i in 0..500u64 {
        file.write_at(&room[aligned..aligned + 4096], i * 4096)?;
    }
    Ok(())
}
