//! L1: the lines of own code that enter the heap are those of the nearest own frame, whether the
//! library's functions in between were inlined or are called: the same in debug and in release.
//!
//! build release: -g
//! expect some lines[line=30, kind=allocate, type="float[]"]
//! expect some lines[line=31, kind=allocate, type="View[]"]
//! expect some lines[line=32, kind=allocate]
//! expect some lines[line=25, kind=free]
//! expect count lines[kind=allocate, on_panic=false] == 3
//! expect lines[line=31, kind=allocate].function == "Buffer::Buffer*"
//! expect lines[line=30, kind=allocate].certain == false
//! expect no lines[line=38, on_panic=false, kind=allocate]
//! expect no lines[line=45]
//! expect release, g++: lines[line=31, kind=allocate].bytes == 32
//! run exits 0

#include <cstddef>
#include <vector>

struct View {
    float *data;
    std::size_t frames;
};

struct Buffer {
    std::vector<float> samples;
    std::vector<View> views;
    Buffer(std::size_t channels, std::size_t frames)
    {
        samples.resize(channels * frames);
        views.reserve(channels);
        for (std::size_t c = 0; c < channels; c++) views.push_back({&samples[c * frames], frames});
    }
};

__attribute__((noinline)) void process(float *out, std::size_t frames)
{
    Buffer group(2, frames);
    for (std::size_t i = 0; i < frames; i++)
        out[i] = group.samples[i] + group.views[0].data[0];
}

int main(int argc, char **)
{
    float out[256] = {0};
    process(out, 127 + (std::size_t)argc);
    return (int)out[3];
}
