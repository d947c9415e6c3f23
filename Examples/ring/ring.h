// Two queues of records for a logger's thread: one on the standard library, and a ring.
#pragma once
#include <array>
#include <cstddef>
#include <queue>

struct Record {
    char text[64];
};

struct Queue {
    std::queue<Record> records;

    bool push(const Record &record) {
        records.push(record);
        return true;
    }
    bool pop(Record &record) {
        if (records.empty()) return false;
        record = records.front();
        records.pop();
        return true;
    }
};

template <std::size_t capacity> struct Ring {
    std::array<Record, capacity> records;
    std::size_t pushed = 0, popped = 0;

    bool push(const Record &record) {
        if (pushed - popped == capacity) return false;
        records[pushed++ % capacity] = record;
        return true;
    }
    bool pop(Record &record) {
        if (pushed == popped) return false;
        record = records[popped++ % capacity];
        return true;
    }
};

// What a logger does all day: never is there more than one record in the queue.
template <typename Some> void pass_on(Some &queue, int times) {
    Record record{};
    for (int i = 0; i < times; i++) {
        queue.push(record);
        queue.pop(record);
    }
}
