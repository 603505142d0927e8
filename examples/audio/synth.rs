// synth: a small polyphonic synthesizer, as an audio driver would use it: `render` fills one buffer
// every few milliseconds and must never wait for anything, so it must not allocate. It plays a
// short tune and prints how loud it was.
//
// There is a mistake in it, of the kind that no test finds: the program is right, fast enough on
// the developer's machine, and allocates on the audio thread all the same. `dwell` shows where;
// the README of this folder walks through it. Built with `--cfg fixed`, the mistake is gone.

const RATE: f32 = 48_000.0;
const BUFFER: usize = 256;

/// What the keyboard sends: at sample `at`, a key goes down or up.
#[derive(Clone, Copy)]
pub struct Event {
    pub at: u32,
    pub key: u8,
    pub is_down: bool,
}

/// A sounding key: its oscillator and its envelope.
#[derive(Clone, Copy)]
struct Voice {
    key: u8,
    is_held: bool,
    phase: f32,
    step: f32,
    level: f32,
}

impl Voice {
    fn new(key: u8) -> Voice {
        // Each semitone up is a twelfth of an octave; the table is in the program's read-only data.
        const SEMITONES: [f32; 12] = [
            1.0, 1.059_463, 1.122_462, 1.189_207, 1.259_921, 1.334_84, 1.414_214, 1.498_307,
            1.587_401, 1.681_793, 1.781_797, 1.887_749,
        ];
        let octaves = 1u32 << (key / 12).min(10);
        let hertz = 8.175_8 * octaves as f32 * SEMITONES[key as usize % 12];
        Voice { key, is_held: true, phase: 0.0, step: hertz / RATE, level: 0.0 }
    }

    fn next(&mut self) -> f32 {
        let target = if self.is_held { 0.2 } else { 0.0 };
        self.level += (target - self.level) * 0.002;
        self.phase += self.step;
        if self.phase >= 1.0 {
            self.phase -= 1.0;
        }
        // A parabola that looks like a sine.
        let x = 2.0 * self.phase - 1.0;
        4.0 * x * (1.0 - x.abs()) * self.level
    }

    fn is_silent(&self) -> bool {
        !self.is_held && self.level < 0.000_1
    }
}

/// The voices that sound now: as many as keys are down. This is the mistake: sooner or later a
/// chord has more keys than the vector has room for.
#[cfg(not(fixed))]
#[derive(Default)]
pub struct Voices(Vec<Voice>);

#[cfg(not(fixed))]
impl Voices {
    fn add(&mut self, voice: Voice) {
        self.0.push(voice);
    }
    fn remove_silent(&mut self) {
        self.0.retain(|voice| !voice.is_silent());
    }
    fn each(&mut self) -> std::slice::IterMut<'_, Voice> {
        self.0.iter_mut()
    }
}

/// Room for as many voices as ten fingers and a pedal need; beyond that the newest key is not heard.
#[cfg(fixed)]
#[derive(Default)]
pub struct Voices {
    voices: [Option<Voice>; 32],
}

#[cfg(fixed)]
impl Voices {
    fn add(&mut self, voice: Voice) {
        if let Some(free) = self.voices.iter_mut().find(|place| place.is_none()) {
            *free = Some(voice);
        }
    }
    fn remove_silent(&mut self) {
        for place in &mut self.voices {
            if matches!(place, Some(voice) if voice.is_silent()) {
                *place = None;
            }
        }
    }
    fn each(&mut self) -> std::iter::Flatten<std::slice::IterMut<'_, Option<Voice>>> {
        self.voices.iter_mut().flatten()
    }
}

fn handle(voices: &mut Voices, event: Event) {
    if event.is_down {
        voices.add(Voice::new(event.key));
        return;
    }
    for voice in voices.each() {
        if voice.key == event.key {
            voice.is_held = false;
        }
    }
}

/// The audio callback: fills one buffer that begins at sample `start`.
#[inline(never)]
pub fn render(voices: &mut Voices, events: &[Event], start: u32, out: &mut [f32]) {
    for event in events {
        if event.at >= start && event.at - start < out.len() as u32 {
            handle(voices, *event);
        }
    }
    for sample in out.iter_mut() {
        *sample = 0.0;
        for voice in voices.each() {
            *sample += voice.next();
        }
    }
    voices.remove_silent();
}

fn main() {
    // What happens before the music starts may allocate as it likes.
    let mut tune = Vec::new();
    for (number, keys) in [[60, 64, 67], [62, 65, 69], [59, 62, 67], [60, 64, 72]].iter().enumerate() {
        for &key in keys {
            let at = number as u32 * 24_000;
            tune.push(Event { at, key, is_down: true });
            tune.push(Event { at: at + 20_000, key, is_down: false });
        }
    }
    let mut voices = Voices::default();
    let mut buffer = [0.0f32; BUFFER];
    let mut loudest = 0.0f32;
    for start in (0..120_000).step_by(BUFFER) {
        render(&mut voices, &tune, start, &mut buffer);
        loudest = buffer.iter().fold(loudest, |most, sample| most.max(sample.abs()));
    }
    println!("loudest sample: {loudest:.3}");
}
