// synth: the synthesizer of synth.rs in C++, with the mistake that is usual there: what a voice does
// is a std::function, and what it remembers is larger than the two words that a std::function keeps
// in itself. So each key that goes down allocates. Built with -DFIXED, it does not.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>
#ifndef FIXED
#include <functional>
#endif

namespace synth {

constexpr float rate = 48000;
constexpr std::size_t buffer_size = 256;

struct Event {
    std::uint32_t at;
    std::uint8_t key;
    bool is_down;
};

struct Voice {
    std::uint8_t key = 0;
    bool is_sounding = false, is_held = false;
#ifdef FIXED
    float phase = 0, step = 0, level = 0;
    float next()
    {
        level += ((is_held ? 0.2f : 0) - level) * 0.002f;
        phase += step;
        phase -= phase >= 1 ? 1 : 0;
        float x = 2 * phase - 1;
        is_sounding = is_held || level > 0.0001f;
        return 4 * x * (1 - std::fabs(x)) * level;
    }
#else
    std::function<float(bool is_held)> next_sample;
    float next()
    {
        float sample = next_sample(is_held);
        is_sounding = is_held || sample > 0.0001f || sample < -0.0001f;
        return sample;
    }
#endif
};

using Voices = std::array<Voice, 32>;

static float step_of(std::uint8_t key)
{
    static constexpr std::array<float, 12> semitones = {1, 1.059463f, 1.122462f, 1.189207f,
                                                        1.259921f, 1.33484f, 1.414214f, 1.498307f,
                                                        1.587401f, 1.681793f, 1.781797f, 1.887749f};
    return 8.1758f * static_cast<float>(1 << std::min(key / 12, 10)) * semitones[key % 12] / rate;
}

static void start(Voice &voice, std::uint8_t key)
{
    voice.key = key;
    voice.is_sounding = voice.is_held = true;
    float step = step_of(key);
#ifdef FIXED
    voice.phase = voice.level = 0;
    voice.step = step;
#else
    float phase = 0, level = 0, loudness = 0.2f, speed = 0.002f;
    voice.next_sample = [=](bool is_held) mutable {
        level += ((is_held ? loudness : 0) - level) * speed;
        phase += step;
        phase -= phase >= 1 ? 1 : 0;
        float x = 2 * phase - 1;
        return 4 * x * (1 - std::fabs(x)) * level;
    };
#endif
}

static void handle(Voices &voices, Event event)
{
    for (Voice &voice : voices) {
        if (event.is_down && !voice.is_sounding) {
            start(voice, event.key);
            return;
        }
        if (!event.is_down && voice.is_sounding && voice.key == event.key)
            voice.is_held = false;
    }
}

// The audio callback: fills one buffer that begins at sample `first`.
__attribute__((noinline)) void render(Voices &voices, const Event *events, std::size_t event_count,
                                      std::uint32_t first, float *out, std::size_t count)
{
    for (std::size_t i = 0; i < event_count; i++)
        if (events[i].at >= first && events[i].at - first < count)
            handle(voices, events[i]);
    for (std::size_t i = 0; i < count; i++) {
        out[i] = 0;
        for (Voice &voice : voices)
            if (voice.is_sounding)
                out[i] += voice.next();
    }
}

} // namespace synth

int main()
{
    using namespace synth;
    static constexpr std::uint8_t chords[][3] = {
        {60, 64, 67}, {62, 65, 69}, {59, 62, 67}, {60, 64, 72}};
    std::vector<Event> tune;
    std::uint32_t at = 0;
    for (const auto &chord : chords) {
        for (std::uint8_t key : chord) {
            tune.push_back({at, key, true});
            tune.push_back({at + 20000, key, false});
        }
        at += 24000;
    }
    Voices voices{};
    std::array<float, buffer_size> buffer;
    float loudest = 0;
    for (std::uint32_t start = 0; start < 120000; start += buffer_size) {
        render(voices, tune.data(), tune.size(), start, buffer.data(), buffer.size());
        for (float sample : buffer)
            loudest = std::max(loudest, std::fabs(sample));
    }
    std::printf("loudest sample: %.3f\n", static_cast<double>(loudest));
    return 0;
}
