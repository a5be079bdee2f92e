//! Each behaviour at each call that the product makes, as a post that meets it.

use entities::Platform;
use serde_json::Value;
use simulator::{
    Behaviour, Effect, Fault, FaultRule, LagOf, LimitWindow, Operation, ThreadsError, When, XError,
    behaviours,
};
use tests::app::simulated;

use crate::crashes::files::Carried;

use super::super::{BOTH_SIDES, on};
use super::ends::{End, end, end_of_lasting};

/// In which circumstances the product makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// On a post's straight way out.
    Post,
    /// The same with a file or several, which may have calls of their own.
    Carrying(Carried),
    /// The second part of a chain, which is a video.
    VideoAnswer,
    /// While a post is looked for whose publish was not answered, on this side of the effect.
    Looking(When),
    /// The same for the second part of a chain, which is an answer to the first.
    LookingForAnswer(When),
    /// When an account is connected.
    Connecting,
}

/// A post that meets a behaviour at a call.
#[derive(Clone)]
pub struct Case {
    pub name: String,
    pub platform: Platform,
    pub operation: Operation,
    pub scene: Scene,
    /// For the case's own account, once it has one.
    pub rules: Vec<FaultRule>,
    pub settings: Option<Value>,
    /// The fault that strikes `operation`, unless the behaviour is made of several.
    pub fault: Option<Fault>,
    /// Whether the visible call took effect whose answer told nothing.
    pub is_live: bool,
    pub end: End,
}

/// Where the product makes a call; nowhere, when it has no use for it.
pub fn scenes(operation: Operation) -> Vec<Scene> {
    use Operation::{
        ContainerStatus, CreateCarousel, CreateChild, CreateContainer, Delete, ListPosts,
        ListReplies, Me, Publish, PublishingLimit, ReadMedia, ThreadsAppToken, ThreadsAuthorize,
        ThreadsCodeExchange, ThreadsDebugToken, ThreadsLongLived, ThreadsRefresh, Unknown,
        XAuthorize, XCodeExchange, XCreate, XDelete, XMe, XMediaAppend, XMediaFinalize,
        XMediaInitialize, XMediaMetadata, XMediaStatus, XMediaUpload, XRead, XRefresh, XRevoke,
        XTimeline,
    };
    let looking = || BOTH_SIDES.map(Scene::Looking);
    match operation {
        CreateContainer | Publish | ReadMedia | XCreate => vec![Scene::Post],
        ContainerStatus => {
            let straight = [Scene::Post, Scene::Carrying(Carried::Images)];
            [&straight[..], &looking()].concat()
        }
        ListPosts | XTimeline => looking().into(),
        ListReplies => BOTH_SIDES.map(Scene::LookingForAnswer).into(),
        Me | XMe => vec![Scene::Connecting],
        PublishingLimit | Delete | XRead | XDelete | Unknown => Vec::new(),
        CreateChild | CreateCarousel => vec![Scene::Carrying(Carried::Images)],
        XMediaUpload | XMediaMetadata => vec![Scene::Carrying(Carried::Image)],
        XMediaInitialize | XMediaAppend | XMediaFinalize | XMediaStatus => {
            vec![Scene::Carrying(Carried::Clip)]
        }
        // No part of publishing a post.
        ThreadsAuthorize | ThreadsCodeExchange | ThreadsAppToken | ThreadsLongLived
        | ThreadsRefresh | ThreadsDebugToken | XAuthorize | XCodeExchange | XRefresh | XRevoke => {
            Vec::new()
        }
    }
}

/// The call that makes a post visible.
pub fn visible(platform: Platform) -> Operation {
    match platform {
        Platform::Threads => Operation::Publish,
        Platform::X => Operation::XCreate,
    }
}

/// Every case of a post; each behaviour strikes as often as it says, mostly once.
pub fn cases(platform: Platform) -> Vec<Case> {
    let mut all = Vec::new();
    for behaviour in behaviours(simulated(platform)) {
        for operation in Operation::ALL {
            let rules = behaviour.rules(operation);
            if rules.is_empty() {
                continue;
            }
            let is_simple = rules.iter().all(|rule| rule.operation == Some(operation));
            let scenes = if let Some(scene) = scene_of_files(&behaviour, operation) {
                vec![scene]
            } else if is_simple {
                scenes(operation)
            } else {
                vec![scene_of(&behaviour, operation)]
            };
            for scene in scenes {
                if scene != Scene::Connecting {
                    all.push(case(platform, &behaviour, operation, scene, is_simple));
                }
            }
        }
    }
    all
}

/// What lasts for ever by itself, and a few behaviours more that strike again and again.
pub fn lasting(platform: Platform) -> Vec<Case> {
    let kinds = ["lost_", "status_502_html_", "truncated_"];
    let is_chosen = |case: &Case| {
        let kind = |kind| case.name.contains(&format!(" {kind}"));
        case.fault.is_some() && kinds.into_iter().any(kind)
    };
    let (mut all, others): (Vec<Case>, Vec<Case>) =
        cases(platform).into_iter().partition(Case::lasts);
    for mut case in others.into_iter().filter(is_chosen) {
        for rule in &mut case.rules {
            if rule.operation == Some(case.operation) {
                rule.times = None;
            }
        }
        case.name = format!("{} for ever", case.name);
        case.end = end_of_lasting(&case);
        all.push(case);
    }
    all
}

fn case(
    platform: Platform,
    behaviour: &Behaviour,
    operation: Operation,
    scene: Scene,
    is_simple: bool,
) -> Case {
    let mut rules = behaviour.rules(operation);
    let fault = is_simple.then(|| rules[0].fault.clone());
    if is_simple {
        let lost = |when| on(visible(platform), Fault::Lost { when }).once();
        match scene {
            Scene::Post | Scene::Carrying(_) | Scene::Connecting => {}
            Scene::VideoAnswer => rules[0].skip += 1,
            Scene::Looking(when) => rules.push(lost(when)),
            Scene::LookingForAnswer(when) => rules.push(lost(when).skip(1)),
        }
        if operation == Operation::XMediaStatus {
            // Only what takes its time is asked about.
            let what = LagOf::Processing;
            let lag = on(Operation::XMediaFinalize, Fault::Lag { what, seconds: 3 });
            rules.push(lag.once());
        }
        if operation == Operation::ContainerStatus && matches!(scene, Scene::Looking(_)) {
            // The look before the publish.
            rules[0].skip += 1;
        }
    }
    let name = format!("{platform} {} at {operation:?} {scene:?}", behaviour.name);
    let is_live = match scene {
        Scene::Looking(when) | Scene::LookingForAnswer(when) => when == When::After,
        Scene::Post | Scene::Carrying(_) | Scene::VideoAnswer | Scene::Connecting => {
            behaviour.effect == Effect::Done
        }
    };
    let mut case = Case {
        name,
        platform,
        operation,
        scene,
        rules: rules.into_iter().map(in_time).collect(),
        settings: behaviour.settings.clone(),
        fault,
        is_live,
        end: End::Published,
    };
    case.end = end(&case);
    case
}

/// What is about files although text posts make the same call.
fn scene_of_files(behaviour: &Behaviour, operation: Operation) -> Option<Scene> {
    let fault = behaviour.rules(operation).remove(0).fault;
    match fault {
        _ if operation != Operation::CreateContainer => None,
        Fault::ThreadsError {
            error: ThreadsError::MediaDownloadFailed { .. },
            ..
        } => Some(Scene::Carrying(Carried::Image)),
        Fault::Lag {
            what: LagOf::VideoReply,
            ..
        } => Some(Scene::VideoAnswer),
        Fault::Container { .. } if behaviour.name.starts_with("video_") => {
            Some(Scene::Carrying(Carried::Clip))
        }
        _ => None,
    }
}

/// A behaviour that is made of several rules brings its own circumstances.
fn scene_of(behaviour: &Behaviour, operation: Operation) -> Scene {
    let when = match behaviour.effect {
        Effect::Done => When::After,
        Effect::NotDone => When::Before,
    };
    match operation {
        Operation::ListReplies => Scene::LookingForAnswer(when),
        _ => Scene::Looking(when),
    }
}

/// Long waits as short as the test's own time-out allows.
fn in_time(mut rule: FaultRule) -> FaultRule {
    if let Fault::Delay { ms, .. } = &mut rule.fault {
        *ms = 1_200;
    }
    rule
}

impl Case {
    /// Whether it takes the product's time-out, in real time.
    pub fn is_slow(&self) -> bool {
        let slow = |rule: &FaultRule| {
            matches!(
                rule.fault,
                Fault::Delay { .. } | Fault::Hold { .. } | Fault::SlowDrip { .. }
            )
        };
        self.rules.iter().any(slow)
    }

    /// Whether the behaviour goes on without end.
    pub fn lasts(&self) -> bool {
        let own = |rule: &FaultRule| rule.operation == Some(self.operation);
        let ends = |rule: &FaultRule| rule.times.is_some();
        self.fault.is_some() && !self.rules.iter().filter(|rule| own(rule)).all(ends)
    }

    /// Whether every account on the platform has to wait because of it.
    pub fn shuts_the_app(&self) -> bool {
        let Some(Fault::XError { error, .. }) = &self.fault else {
            return false;
        };
        let shuts = match error {
            XError::CreditsDepleted { .. } | XError::SpendCapReached => true,
            XError::TooManyRequests { window, reset_in_s } => {
                *window == LimitWindow::AppDay && *reset_in_s > 0
            }
            _ => false,
        };
        let is_look = matches!(self.scene, Scene::Looking(_) | Scene::LookingForAnswer(_));
        shuts && !is_look
    }

    /// What is posted; the last is the one that is struck.
    pub fn parts(&self) -> Vec<(String, Carried)> {
        // Both platforms show such a text otherwise than it was sent.
        let written = format!("{} & <more> at https://example.org/a?b=1&c=2", self.name);
        let chain = |carried| {
            vec![
                (format!("{written} 0"), Carried::Nothing),
                (format!("{written} 1"), carried),
            ]
        };
        match self.scene {
            Scene::LookingForAnswer(_) => chain(Carried::Nothing),
            Scene::VideoAnswer => chain(Carried::Clip),
            Scene::Carrying(carried) => vec![(written, carried)],
            Scene::Post | Scene::Looking(_) | Scene::Connecting => {
                vec![(written, Carried::Nothing)]
            }
        }
    }
}
