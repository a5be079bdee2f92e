//! What people see: a timeline of everything that is live, and one page for
//! each post, where its permalink leads.

use std::fmt::Write as _;

use hyper::Method;

use crate::account::Platform;
use crate::answer::Answer;
use crate::post::LivePost;
use crate::request::Request;
use crate::simulator::Inner;

/// So many posts are on the timeline.
const SHOWN: usize = 200;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;\
    color:#1c1c1e;background:#fafafa}article{background:#fff;border:1px solid #ddd;border-radius:.75rem;\
    padding:1rem;margin:1rem 0}header,footer{color:#666;font-size:.875rem}p{white-space:pre-wrap;\
    overflow-wrap:anywhere;margin:.5rem 0}a{color:inherit}button,select{font:inherit;padding:.5rem 1rem;\
    border-radius:.5rem;border:1px solid #888;margin:.5rem .5rem .5rem 0}\
    @media(prefers-color-scheme:dark){body{color:#eee;background:#111}article{background:#1c1c1e;\
    border-color:#333}header,footer{color:#aaa}}";

/// The page of a path, or `None` when the path is a platform's.
pub(crate) fn page(inner: &Inner, request: &Request) -> Option<Answer> {
    if request.method != Method::GET {
        return None;
    }
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match &segments[..] {
        [] => Some(timeline(inner)),
        ["favicon.ico"] => Some(Answer::empty(204)),
        ["i", "web", "status", id] => Some(single(inner, Platform::X, |post| post.id == *id)),
        [user, "post", code] if user.starts_with('@') => {
            let ending = format!("/{user}/post/{code}");
            Some(single(inner, Platform::Threads, |post| {
                post.url.ends_with(&ending)
            }))
        }
        [user, "status", id] if *user != "2" => {
            let found = |post: &LivePost| post.id == *id && post.account.eq_ignore_ascii_case(user);
            Some(single(inner, Platform::X, found))
        }
        _ => None,
    }
}

fn timeline(inner: &Inner) -> Answer {
    let posts = inner.live_posts();
    let mut body = format!(
        "<h1>Simulated Threads and X</h1><p>{} live posts</p>",
        posts.len()
    );
    posts
        .iter()
        .rev()
        .take(SHOWN)
        .for_each(|post| article(&mut body, post));
    html(200, "Simulated Threads and X", &body)
}

fn single(inner: &Inner, platform: Platform, wanted: impl Fn(&LivePost) -> bool) -> Answer {
    let posts = inner.live_posts();
    let Some(post) = posts
        .iter()
        .find(|post| post.platform == platform && wanted(post))
    else {
        return html(
            404,
            "Not here",
            "<h1>This post is not here</h1><p>It was deleted, or never was.</p>",
        );
    };
    let mut body = String::new();
    article(&mut body, post);
    posts
        .iter()
        .filter(|other| other.platform == platform && other.reply_to.as_deref() == Some(&*post.id))
        .for_each(|reply| article(&mut body, reply));
    body.push_str("<p><a href=\"/\">All posts</a></p>");
    html(200, &format!("@{}", post.account), &body)
}

fn article(body: &mut String, post: &LivePost) {
    let platform = match post.platform {
        Platform::Threads => "Threads",
        Platform::X => "X",
    };
    let at = chrono::DateTime::from_timestamp_millis(post.created_at_ms).unwrap_or_default();
    let reply = post
        .reply_to
        .as_ref()
        .map_or_else(String::new, |id| format!(" · reply to {}", escaped(id)));
    let besides = besides(post);
    // Writing to a string cannot fail.
    let _ = write!(
        body,
        "<article><header>{platform} · @{account}{reply}</header><p>{text}</p>{besides}\
         <footer><a href=\"{path}\">{at}</a> · {id}</footer></article>",
        account = escaped(&post.account),
        text = escaped(&post.text),
        path = escaped(path(&post.url)),
        at = at.format("%Y-%m-%d %H:%M:%S UTC"),
        id = escaped(&post.id),
    );
}

/// What a post has besides its text: its media, its poll and what else was asked for.
fn besides(post: &LivePost) -> String {
    let mut rows: Vec<String> = Vec::new();
    for media in &post.media {
        let size = media.width.zip(media.height);
        let size = size.map_or_else(String::new, |(width, height)| {
            format!(", {width} x {height}")
        });
        let alt_text = media.alt_text.as_deref().unwrap_or("no alt text");
        rows.push(format!(
            "{kind:?}, {type_}{size}, {bytes} bytes, sha256 {hash}: {alt_text}",
            kind = media.kind,
            type_ = media.content_type,
            bytes = media.bytes,
            hash = media.sha256,
        ));
    }
    if let Some(poll) = &post.poll {
        rows.push(format!("Poll: {}", poll.options.join(" | ")));
    }
    if let Some(quote) = &post.quote {
        rows.push(format!("Quotes {quote}"));
    }
    let options = post.options.iter();
    rows.extend(options.map(|(name, value)| format!("{name} = {value}")));
    if rows.is_empty() {
        return String::new();
    }
    let items = rows.iter().map(|row| format!("<li>{}</li>", escaped(row)));
    format!("<ul>{}</ul>", items.collect::<String>())
}

/// The page on this server, wherever the address of the post points.
fn path(url: &str) -> &str {
    let mut slashes = url.rmatch_indices('/').map(|(at, _)| at);
    slashes.nth(2).map_or(url, |at| &url[at..])
}

pub(crate) fn html(status: u16, title: &str, body: &str) -> Answer {
    let title = escaped(title);
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    );
    Answer::text(status, "text/html; charset=utf-8", page)
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
