// A coroutine that makes the next number when it is asked. Its frames come from operator new, or from a room of their own.
#pragma once
#include <coroutine>
#include <cstddef>
#include <cstdlib>
#include <exception>

template <typename Memory> struct Numbers {
    struct promise_type : Memory {
        int number = 0;
        Numbers get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        std::suspend_always yield_value(int next) {
            number = next;
            return {};
        }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };

    std::coroutine_handle<promise_type> frame;
    Numbers(std::coroutine_handle<promise_type> handle) : frame(handle) {}
    Numbers(const Numbers &) = delete;
    ~Numbers() { frame.destroy(); }

    bool next(int &number) {
        frame.resume();
        number = frame.promise().number;
        return !frame.done();
    }
};

struct Heap {};

// One frame at a time.
struct Room {
    static void *operator new(std::size_t size) {
        alignas(std::max_align_t) static char room[256];
        if (size > sizeof(room)) std::abort();
        return room;
    }
    static void operator delete(void *) {}
};

template <typename Memory> static Numbers<Memory> count(int from, int to) {
    for (int number = from; number < to; number++) co_yield number;
}

template <typename Memory> [[gnu::noinline]] static int sum(int from, int to) {
    int sum = 0, number;
    auto numbers = count<Memory>(from, to);
    while (numbers.next(number)) sum += number;
    return sum;
}
