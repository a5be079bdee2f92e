//! MP4 and MOV videos: what their index (`moov`) says.
//!
//! Only the few boxes that are asked for are read, so a video of any size takes a few kilobytes
//! of memory and a few dozen short reads.

use std::fs::File;
use std::path::Path;

use mp4_atom::{Atom, Audio, Decode, Mdhd, Mehd, Mp4a, Mvhd, Stts, Tkhd, Visual};

use super::boxes::{BoxAt, BoxError, boxes};
use super::{ProbeError, broken, picture};
use crate::{Facts, Format, Kind};

pub fn probe(path: &Path, format: Format, bytes: u64) -> Result<Facts, ProbeError> {
    let mut file = File::open(path)?;
    read(&mut file, format, bytes).map_err(|error| match error {
        MovieError::Boxes(BoxError::Broken(why)) => broken(format, why),
        MovieError::Boxes(BoxError::Io(error)) => ProbeError::Io(error),
        MovieError::NoPicture => ProbeError::Unsupported {
            what: "a file with sound and without a picture".into(),
        },
    })
}

enum MovieError {
    Boxes(BoxError),
    NoPicture,
}

impl From<BoxError> for MovieError {
    fn from(error: BoxError) -> Self {
        MovieError::Boxes(error)
    }
}

fn read(file: &mut File, format: Format, bytes: u64) -> Result<Facts, MovieError> {
    let top = boxes(file, 0, bytes)?;
    let place = |kind: &[u8; 4]| top.iter().position(|found| found.kind == *kind);
    let (moov_at, mdat_at) = (place(b"moov"), place(b"mdat"));
    // What follows both may be anything: some programs add bytes of their own.
    if let Some(cut) = top.iter().find(|found| found.end > bytes)
        && (matches!(&cut.kind, b"mdat" | b"moov") || moov_at.is_none())
    {
        return Err(BoxError::Broken(format!("its {cut} ends after the file does")).into());
    }
    let Some(moov_at) = moov_at else {
        return Err(BoxError::Broken("its index (moov) is missing".into()).into());
    };
    if mdat_at.is_none() {
        return Err(BoxError::Broken("its pictures (mdat) are missing".into()).into());
    }
    let moov = top[moov_at];
    let tracks = tracks(file, &moov)?;
    let video = tracks.iter().find_map(|track| match track {
        Track::Video(video) => Some(video),
        Track::Audio { .. } => None,
    });
    let Some(video) = video else {
        return Err(MovieError::NoPicture);
    };
    let mut facts = picture::facts(format, video.width, video.height, bytes);
    facts.kind = Kind::Video;
    facts.duration_ms = match duration_of_movie(file, &moov)? {
        None => video.duration_ms,
        known => known,
    };
    facts.frame_rate = video.frame_rate;
    facts.video_codec = Some(video.codec.clone());
    facts.moov_first = Some(mdat_at.is_none_or(|mdat_at| moov_at < mdat_at));
    for track in tracks {
        if let Track::Audio { codec, channels } = track {
            facts.audio_codec = Some(codec);
            facts.audio_channels = channels;
            break;
        }
    }
    Ok(facts)
}

enum Track {
    Video(Video),
    Audio {
        codec: String,
        channels: Option<u16>,
    },
}

struct Video {
    codec: String,
    width: u32,
    height: u32,
    duration_ms: Option<u64>,
    frame_rate: Option<f64>,
}

fn tracks(file: &mut File, moov: &BoxAt) -> Result<Vec<Track>, BoxError> {
    let mut tracks = Vec::new();
    for trak in moov.children(file)? {
        if trak.kind != *b"trak" {
            continue;
        }
        let Some(hdlr) = trak.find(file, &[b"mdia", b"hdlr"])? else {
            continue;
        };
        let stsd = trak.find(file, &[b"mdia", b"minf", b"stbl", b"stsd"])?;
        let entry = match stsd {
            Some(stsd) => sample_entry(&stsd.read(file)?),
            None => None,
        };
        let Some((codec, entry)) = entry else {
            continue;
        };
        // Read by its place: QuickTime writes the name after it in a form of its own.
        match hdlr.read(file)?.get(8..12) {
            Some(b"vide") => tracks.extend(video(file, &trak, codec, &entry)?.map(Track::Video)),
            Some(b"soun") => tracks.push(audio(codec, &entry)),
            _ => {}
        }
    }
    Ok(tracks)
}

/// The first sample entry: its four letters and its content.
fn sample_entry(stsd: &[u8]) -> Option<([u8; 4], Vec<u8>)> {
    let entry = stsd.get(8..)?;
    let length = u32::from_be_bytes(entry.get(..4)?.try_into().ok()?) as usize;
    let kind = entry.get(4..8)?.try_into().ok()?;
    Some((kind, entry.get(8..length)?.to_vec()))
}

fn video(
    file: &mut File,
    trak: &BoxAt,
    codec: [u8; 4],
    mut entry: &[u8],
) -> Result<Option<Video>, BoxError> {
    let Some(tkhd) = trak.find(file, &[b"tkhd"])? else {
        return Ok(None);
    };
    let tkhd: Tkhd = tkhd.decode(file)?;
    let mdhd = match trak.find(file, &[b"mdia", b"mdhd"])? {
        Some(mdhd) => Some(mdhd.decode::<Mdhd>(file)?),
        None => None,
    };
    let stts = match trak.find(file, &[b"mdia", b"minf", b"stbl", b"stts"])? {
        Some(stts) => Some(stts.decode::<Stts>(file)?),
        None => None,
    };
    // The coded size; the track's own is scaled by a pixel's shape, and rounded.
    let (width, height) = match Visual::decode(&mut entry) {
        Ok(visual) if visual.width > 0 && visual.height > 0 => (visual.width, visual.height),
        _ => (tkhd.width.integer(), tkhd.height.integer()),
    };
    // A quarter turn swaps the axes.
    let turned = tkhd.matrix.a == 0 && tkhd.matrix.d == 0 && tkhd.matrix.b != 0;
    let (width, height) = if turned {
        (height, width)
    } else {
        (width, height)
    };
    Ok(Some(Video {
        codec: video_codec(codec),
        width: width.into(),
        height: height.into(),
        duration_ms: mdhd
            .as_ref()
            .and_then(|mdhd| duration_ms(mdhd.duration, mdhd.timescale)),
        frame_rate: mdhd
            .zip(stts)
            .and_then(|(mdhd, stts)| frame_rate(&stts, mdhd.timescale)),
    }))
}

fn audio(codec: [u8; 4], entry: &[u8]) -> Track {
    let channels = Audio::decode(&mut &*entry).ok().map(|audio| {
        // QuickTime's second version says 3 here, and the truth further on.
        let true_count = (entry.get(8..10) == Some(&[0, 2]))
            .then(|| entry.get(40..44)?.try_into().ok().map(u32::from_be_bytes))
            .flatten()
            .and_then(|count| u16::try_from(count).ok());
        true_count.unwrap_or(audio.channel_count)
    });
    Track::Audio {
        codec: audio_codec(codec, entry),
        channels,
    }
}

/// Of the whole movie, as its header says. A recording in fragments may say it elsewhere, or not.
fn duration_of_movie(file: &mut File, moov: &BoxAt) -> Result<Option<u64>, BoxError> {
    let Some(mvhd) = moov.find(file, &[b"mvhd"])? else {
        return Ok(None);
    };
    let mvhd: Mvhd = mvhd.decode(file)?;
    if let Some(known) = duration_ms(mvhd.duration, mvhd.timescale) {
        return Ok(Some(known));
    }
    let Some(mehd) = moov.find(file, &[b"mvex", b"mehd"])? else {
        return Ok(None);
    };
    let mehd: Mehd = mehd.decode(file)?;
    Ok(duration_ms(mehd.fragment_duration, mvhd.timescale))
}

/// `None` where the file says nothing: 0, or all ones.
fn duration_ms(units: u64, timescale: u32) -> Option<u64> {
    let unknown = units == 0 || units == u64::from(u32::MAX) || units == u64::MAX;
    if unknown || timescale == 0 {
        return None;
    }
    u64::try_from(u128::from(units) * 1_000 / u128::from(timescale)).ok()
}

/// On average: a screen recording has frames of many lengths.
fn frame_rate(stts: &Stts, timescale: u32) -> Option<f64> {
    let (mut frames, mut units) = (0_f64, 0_f64);
    for entry in &stts.entries {
        frames += f64::from(entry.sample_count);
        units += f64::from(entry.sample_count) * f64::from(entry.sample_delta);
    }
    (units > 0.0 && timescale > 0).then(|| frames * f64::from(timescale) / units)
}

fn video_codec(letters: [u8; 4]) -> String {
    match &letters {
        b"avc1" | b"avc2" | b"avc3" | b"avc4" => "h264".into(),
        b"hvc1" | b"hev1" | b"dvh1" | b"dvhe" => "hevc".into(),
        b"av01" => "av1".into(),
        b"vp09" => "vp9".into(),
        b"vp08" => "vp8".into(),
        b"mp4v" => "mpeg4".into(),
        [b'a', b'p', b'c' | b'4', _] => "prores".into(),
        b"jpeg" | b"mjpa" | b"mjpb" => "mjpeg".into(),
        _ => spelled(letters),
    }
}

fn audio_codec(letters: [u8; 4], entry: &[u8]) -> String {
    match &letters {
        b"mp4a" => mpeg_audio(entry).into(),
        b".mp3" => "mp3".into(),
        b"Opus" => "opus".into(),
        b"fLaC" => "flac".into(),
        b"alac" => "alac".into(),
        b"ac-3" => "ac3".into(),
        b"ec-3" => "eac3".into(),
        b"sowt" | b"twos" | b"lpcm" | b"ipcm" | b"fpcm" | b"in24" | b"in32" | b"fl32" | b"fl64" => {
            "pcm".into()
        }
        _ => spelled(letters),
    }
}

/// `mp4a` is AAC unless its descriptor says otherwise (0x69 and 0x6b are MP3).
fn mpeg_audio(mut entry: &[u8]) -> &'static str {
    match Mp4a::decode_body(&mut entry) {
        Ok(mp4a) => match mp4a.esds.es_desc.dec_config.object_type_indication {
            0x69 | 0x6b => "mp3",
            _ => "aac",
        },
        Err(_) => "aac",
    }
}

fn spelled(letters: [u8; 4]) -> String {
    letters.escape_ascii().to_string().trim().to_owned()
}
