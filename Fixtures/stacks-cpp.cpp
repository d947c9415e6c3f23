// Link: -L.build/fixtures -l:liboracle '-Wl,-rpath,$ORIGIN'
// Allocates in C++'s frames. StackTests holds its stacks against libunwind's.
#include <algorithm>
#include <vector>

#include "liboracle.h"

namespace shapes {
struct Base {
    virtual void act(int depth) = 0;
    virtual ~Base() { oracle_allocate(); }
};

template <typename Value>
struct Derived : Base {
    Value value{};
    __attribute__((noinline)) void act(int depth) override {
        if (depth > 0) return act(depth - 1);
        oracle_allocate();
        value++;
    }
};
}  // namespace shapes

struct Guard {
    __attribute__((noinline)) ~Guard() { oracle_allocate(); }  // also while an exception passes
};

__attribute__((noinline)) static void throws(int value) {
    Guard guard;
    if (value > 0) throw value;
}

__attribute__((noinline)) static int catches(int value) {
    try {
        throws(value);
    } catch (int caught) {
        oracle_allocate();
        return caught;
    }
    return 0;
}

int main(int, char **arguments) {
    std::vector<int> numbers{2, 1};
    catches(1);  // the runtime allocates for its first exception
    oracle_begin(arguments[1]);
    {
        shapes::Derived<long> derived;
        static_cast<shapes::Base &>(derived).act(3);
    }
    catches(1);
    std::sort(numbers.begin(), numbers.end(), [](int left, int right) {
        oracle_allocate();
        return left < right;
    });
    oracle_end();
    return numbers[0] - 1;
}
