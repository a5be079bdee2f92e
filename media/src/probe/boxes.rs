//! Walks the boxes of an MP4 or MOV file by seeking: what is not asked for is never read.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use mp4_atom::{Atom, Header, ReadFrom};

/// A box that is asked for is at most so large; only a broken or hostile file has a larger one.
/// The lengths of two million single frames fill it.
const MAX_BOX_BYTES: u64 = 16 * 1024 * 1024;
/// So many boxes lie side by side at most. A live recording has a few for each second.
const MAX_BOXES: usize = 100_000;

/// Where a box's content lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BoxAt {
    pub kind: [u8; 4],
    pub start: u64,
    /// As its header says: perhaps beyond the end of the file.
    pub end: u64,
}

/// What is wrong with a file's boxes, in words; or that it cannot be read at all.
#[derive(Debug)]
pub enum BoxError {
    Broken(String),
    Io(io::Error),
}

/// The boxes between two offsets. Ends without an error at what is no box.
pub fn boxes(file: &mut File, start: u64, end: u64) -> Result<Vec<BoxAt>, BoxError> {
    let mut found = Vec::new();
    let mut at = start;
    while end.saturating_sub(at) >= 8 && found.len() < MAX_BOXES {
        file.seek(SeekFrom::Start(at))?;
        let Ok(header) = Header::read_from(file) else {
            break;
        };
        let content = file.stream_position()?;
        let end = match header.size {
            Some(size) => content.saturating_add(size as u64),
            // Up to the end of what it lies in.
            None => end,
        };
        found.push(BoxAt {
            kind: header.kind.into(),
            start: content,
            end,
        });
        at = end;
    }
    Ok(found)
}

impl BoxAt {
    /// The boxes inside of this one.
    pub fn children(&self, file: &mut File) -> Result<Vec<BoxAt>, BoxError> {
        let children = boxes(file, self.start, self.end)?;
        match children.iter().find(|child| child.end > self.end) {
            Some(child) => Err(BoxError::Broken(format!(
                "its {child} is longer than the {self} around it"
            ))),
            None => Ok(children),
        }
    }

    /// The first box inside of this one, and inside of that, along the path.
    pub fn find(&self, file: &mut File, path: &[&[u8; 4]]) -> Result<Option<BoxAt>, BoxError> {
        let mut at = *self;
        for kind in path {
            match at
                .children(file)?
                .into_iter()
                .find(|child| child.kind == **kind)
            {
                Some(child) => at = child,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    /// The content.
    pub fn read(&self, file: &mut File) -> Result<Vec<u8>, BoxError> {
        let length = self.end - self.start;
        if length > MAX_BOX_BYTES {
            return Err(BoxError::Broken(format!("its {self} has {length} bytes")));
        }
        file.seek(SeekFrom::Start(self.start))?;
        let mut content = Vec::new();
        file.take(length).read_to_end(&mut content)?;
        if (content.len() as u64) < length {
            return Err(BoxError::Broken(format!("its {self} is cut short")));
        }
        Ok(content)
    }

    /// The content, taken apart.
    pub fn decode<T: Atom>(&self, file: &mut File) -> Result<T, BoxError> {
        let content = self.read(file)?;
        T::decode_body(&mut content.as_slice())
            .map_err(|error| BoxError::Broken(format!("its {self} makes no sense: {error}")))
    }
}

impl std::fmt::Display for BoxAt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.kind.escape_ascii())
    }
}

impl From<io::Error> for BoxError {
    fn from(error: io::Error) -> Self {
        BoxError::Io(error)
    }
}
