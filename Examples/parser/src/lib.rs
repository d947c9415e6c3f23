//! Two parsers of a line of /proc/diskstats: one as it is first written, and one that allocates nothing.

#[derive(Debug, PartialEq)]
pub struct Disk<'line> {
    pub name: &'line str,
    pub reads: u64,
    pub writes: u64,
}

/// The fields as a list, and an error that says what is wrong.
pub fn parse_by_list(line: &str) -> Result<Disk<'_>, String> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let number = |at: usize| {
        let field = fields.get(at).ok_or(format!("field {at} is missing"))?;
        field.parse().map_err(|error| format!("field {at}: {error}"))
    };
    let name = fields.get(2).ok_or("there is no name")?;
    Ok(Disk { name, reads: number(3)?, writes: number(7)? })
}

#[derive(Debug, PartialEq)]
pub enum Wrong {
    Missing(usize),
    NoNumber(usize),
}

/// The fields one by one, and an error that is a value.
pub fn parse(line: &str) -> Result<Disk<'_>, Wrong> {
    let mut fields = line.split_whitespace();
    let name = fields.nth(2).ok_or(Wrong::Missing(2))?;
    let mut number = |skipped: usize, at: usize| {
        let field = fields.nth(skipped).ok_or(Wrong::Missing(at))?;
        field.parse().map_err(|_| Wrong::NoNumber(at))
    };
    Ok(Disk { name, reads: number(0, 3)?, writes: number(3, 7)? })
}
