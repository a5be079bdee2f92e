//! MP4 and MOV files with a whole index and no pictures: enough for whatever reads the index.

use std::fs::File;
use std::io::{self, Cursor, Seek, SeekFrom, Write};
use std::path::Path;

/// What a video is to say of itself.
#[derive(Debug, Clone)]
pub struct Mp4Spec {
    /// As stored, in pixels.
    pub width: u16,
    pub height: u16,
    pub duration_ms: u32,
    pub frames_per_second: f64,
    /// `avc1`, `hvc1`, `av01`, ...
    pub video_codec: [u8; 4],
    pub audio: Option<Mp4Audio>,
    /// Whether the index stands before the pictures.
    pub moov_first: bool,
    /// QuickTime rather than MP4.
    pub quicktime: bool,
    /// As a telephone records that was held upright: stored lying, shown standing.
    pub on_its_side: bool,
    /// As a browser records: in fragments, so that the index does not tell the length.
    pub fragmented: bool,
    /// So many bytes stand where pictures and sound would.
    pub padding_bytes: u64,
}

/// The sound of a video.
#[derive(Debug, Clone)]
pub struct Mp4Audio {
    /// `mp4a`, `Opus`, ...
    pub codec: [u8; 4],
    pub channels: u16,
}

impl Default for Mp4Spec {
    /// A second of 1280 by 720 at 30 frames, H.264 and AAC, which both platforms take.
    fn default() -> Self {
        Self {
            width: 1280,
            height: 720,
            duration_ms: 1_000,
            frames_per_second: 30.0,
            video_codec: *b"avc1",
            audio: Some(Mp4Audio {
                codec: *b"mp4a",
                channels: 2,
            }),
            moov_first: true,
            quicktime: false,
            on_its_side: false,
            fragmented: false,
            padding_bytes: 64,
        }
    }
}

/// The file in memory.
pub fn mp4(spec: &Mp4Spec) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    write(spec, &mut file).expect("memory takes every write");
    let mut bytes = file.into_inner();
    // A seek beyond the end makes no bytes by itself.
    bytes.resize(length(spec), 0);
    bytes
}

/// The file on disk. Its padding is a hole, which takes neither room nor time.
///
/// # Errors
/// When the file cannot be written.
pub fn write_mp4(path: &Path, spec: &Mp4Spec) -> io::Result<()> {
    let mut file = File::create(path)?;
    write(spec, &mut file)?;
    file.set_len(length(spec) as u64)
}

fn write(spec: &Mp4Spec, file: &mut (impl Write + Seek)) -> io::Result<()> {
    file.write_all(&ftyp(spec))?;
    if spec.moov_first {
        file.write_all(&moov(spec))?;
    }
    file.write_all(&mdat_header(spec))?;
    file.seek(SeekFrom::Current(spec.padding_bytes as i64))?;
    if !spec.moov_first {
        file.write_all(&moov(spec))?;
    }
    file.flush()
}

fn length(spec: &Mp4Spec) -> usize {
    ftyp(spec).len() + moov(spec).len() + mdat_header(spec).len() + spec.padding_bytes as usize
}

fn ftyp(spec: &Mp4Spec) -> Vec<u8> {
    let brand = if spec.quicktime { b"qt  " } else { b"isom" };
    boxed(b"ftyp", &[brand, &be32(512), brand])
}

/// With its size in 64 bits, which readers must know and large files need.
fn mdat_header(spec: &Mp4Spec) -> Vec<u8> {
    [
        &be32(1)[..],
        b"mdat",
        &(spec.padding_bytes + 16).to_be_bytes(),
    ]
    .concat()
}

fn moov(spec: &Mp4Spec) -> Vec<u8> {
    let duration = be32(if spec.fragmented { 0 } else { spec.duration_ms });
    let mut mvhd = vec![0; 12]; // version and flags, two times
    mvhd.extend(be32(1_000)); // units a second
    mvhd.extend(duration);
    mvhd.extend([be32(0x1_0000), be32(0x0100_0000)].concat()); // rate, volume
    mvhd.extend([0; 8]);
    mvhd.extend(matrix(false));
    mvhd.extend([0; 24]);
    mvhd.extend(be32(3)); // the next track's number
    let mut content = boxed(b"mvhd", &[&mvhd]);
    content.extend(video_track(spec));
    if let Some(audio) = &spec.audio {
        content.extend(audio_track(spec, audio));
    }
    if spec.fragmented {
        let trex = [be32(0), be32(1), be32(1), be32(0), be32(0), be32(0)].concat();
        content.extend(boxed(b"mvex", &[&boxed(b"trex", &[&trex])]));
    }
    boxed(b"moov", &[&content])
}

fn video_track(spec: &Mp4Spec) -> Vec<u8> {
    // Units that hold a frame's length whole for every rate with up to three digits after the point.
    let timescale = (spec.frames_per_second * 1_000.0).round() as u32;
    let frames = f64::from(spec.duration_ms) / 1e3 * spec.frames_per_second;
    let frames = frames.round() as u32;
    let mut entry = vec![0, 0, 0, 0, 0, 0, 0, 1];
    entry.extend([0; 16]);
    entry.extend([be16(spec.width), be16(spec.height)].concat());
    entry.extend([be32(0x48_0000), be32(0x48_0000), be32(0)].concat()); // dots an inch
    entry.extend(be16(1));
    entry.extend([0; 32]); // the encoder's name
    entry.extend([be16(0x18), be16(0xffff)].concat());
    if spec.video_codec == *b"avc1" {
        // High profile, level 3.1; the shortest parameter sets that a reader takes apart.
        let avcc = [
            1, 100, 0, 31, 0xff, 0xe1, 0, 4, 0x67, 100, 0, 31, 1, 0, 4, 0x68, 0xee, 0x3c, 0x80,
            0xfd, 0xf8, 0xf8, 0,
        ];
        entry.extend(boxed(b"avcC", &[&avcc]));
    }
    let track = Track {
        number: 1,
        handler: b"vide",
        header: boxed(b"vmhd", &[&[0, 0, 0, 1], &[0; 8]]),
        entry: boxed(&spec.video_codec, &[&entry]),
        timescale,
        samples: frames,
        sample_delta: 1_000,
        size: (spec.width, spec.height),
    };
    track.boxed(spec)
}

fn audio_track(spec: &Mp4Spec, audio: &Mp4Audio) -> Vec<u8> {
    let mut entry = vec![0, 0, 0, 0, 0, 0, 0, 1];
    entry.extend([0; 8]);
    entry.extend([be16(audio.channels), be16(16)].concat());
    entry.extend([be32(0), be32(48_000 << 16)].concat());
    if audio.codec == *b"mp4a" {
        // AAC-LC: ES, DecoderConfig (0x40 = MPEG-4 audio), DecoderSpecificInfo, SLConfig.
        let channels = (audio.channels as u8) << 3;
        let descriptors = [
            0,
            0,
            0,
            0,
            3,
            25,
            0,
            1,
            0,
            4,
            17,
            0x40,
            0x15,
            0,
            0,
            0,
            0,
            1,
            0xf4,
            0,
            0,
            1,
            0xf4,
            0,
            5,
            2,
            0x11,
            0x80 | channels,
            6,
            1,
            2,
        ];
        entry.extend(boxed(b"esds", &[&descriptors]));
    }
    let track = Track {
        number: 2,
        handler: b"soun",
        header: boxed(b"smhd", &[&[0; 8]]),
        entry: boxed(&audio.codec, &[&entry]),
        timescale: 48_000,
        samples: spec.duration_ms * 48 / 1_024,
        sample_delta: 1_024,
        size: (0, 0),
    };
    track.boxed(spec)
}

struct Track {
    number: u32,
    handler: &'static [u8; 4],
    header: Vec<u8>,
    entry: Vec<u8>,
    timescale: u32,
    samples: u32,
    sample_delta: u32,
    size: (u16, u16),
}

impl Track {
    fn boxed(&self, spec: &Mp4Spec) -> Vec<u8> {
        let (samples, ms) = match spec.fragmented {
            true => (0, 0),
            false => (self.samples, spec.duration_ms),
        };
        let units = u64::from(ms) * u64::from(self.timescale) / 1_000;
        let turned = spec.on_its_side && self.handler == b"vide";

        let mut tkhd = vec![0, 0, 0, 3]; // enabled, in the movie
        tkhd.extend([0; 8]);
        tkhd.extend([be32(self.number), be32(0), be32(ms)].concat());
        tkhd.extend([0; 16]);
        tkhd.extend(matrix(turned));
        tkhd.extend(be32(u32::from(self.size.0) << 16));
        tkhd.extend(be32(u32::from(self.size.1) << 16));

        let mut mdhd = vec![0; 12];
        mdhd.extend([be32(self.timescale), be32(units as u32)].concat());
        mdhd.extend([be16(0x55c4), be16(0)].concat()); // no language

        let hdlr = [&[0; 8][..], self.handler, &[0; 12], b"made for a test\0"];
        let counts = match samples {
            0 => be32(0).to_vec(),
            _ => [be32(1), be32(samples), be32(self.sample_delta)].concat(),
        };
        // All samples in one chunk, a byte each, which lies at the start of the file.
        let (chunk, place) = match samples {
            0 => (be32(0).to_vec(), be32(0).to_vec()),
            _ => (
                [be32(1), be32(1), be32(samples), be32(1)].concat(),
                [be32(1), be32(0)].concat(),
            ),
        };
        let stbl = [
            boxed(b"stsd", &[&be32(0), &be32(1), &self.entry]),
            boxed(b"stts", &[&be32(0), &counts]),
            boxed(b"stsc", &[&be32(0), &chunk]),
            boxed(b"stsz", &[&be32(0), &be32(1), &be32(samples)]),
            boxed(b"stco", &[&be32(0), &place]),
        ];
        let dref = boxed(b"dref", &[&be32(0), &be32(1), &boxed(b"url ", &[&be32(1)])]);
        let dinf = boxed(b"dinf", &[&dref]);
        let minf = boxed(
            b"minf",
            &[&self.header, &dinf, &boxed(b"stbl", &[&stbl.concat()])],
        );
        let mdia = [
            boxed(b"mdhd", &[&mdhd]),
            boxed(b"hdlr", &[&hdlr.concat()]),
            minf,
        ];
        let mdia = boxed(b"mdia", &[&mdia.concat()]);
        boxed(b"trak", &[&boxed(b"tkhd", &[&tkhd]), &mdia])
    }
}

/// The identity, or a quarter turn.
fn matrix(turned: bool) -> Vec<u8> {
    const ONE: u32 = 0x1_0000;
    let [a, b, c, d] = match turned {
        true => [0, ONE, ONE.wrapping_neg(), 0],
        false => [ONE, 0, 0, ONE],
    };
    [a, b, 0, c, d, 0, 0, 0, 0x4000_0000].map(be32).concat()
}

fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&be32(content.len() as u32 + 8)[..], kind, &content].concat()
}

fn be32(number: u32) -> [u8; 4] {
    number.to_be_bytes()
}

fn be16(number: u16) -> [u8; 2] {
    number.to_be_bytes()
}
