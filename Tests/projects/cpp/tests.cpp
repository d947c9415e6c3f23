// Tests as somebody else's project has them: what each one says is known. Tests/EndToEndTests/TestLibraryTests.swift runs it.
#include <dioaudit.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static void tell(const char *file, int line, const char *message) {
    ADD_FAILURE_AT(file, line) << message;
}

int main(int count, char **arguments) {
    testing::InitGoogleTest(&count, arguments);
    dioaudit_on_failure(tell);
    return RUN_ALL_TESTS();
}

// Else an optimising compiler leaves out what is allocated and freed.
static void *volatile kept;

[[gnu::noinline]] static void allocate(int times) {
    for (int i = 0; i < times; i++) {
        void *block = std::malloc(32);
        kept = block;
        std::free(block);
    }
}

TEST(Assertions, Passes) {
    std::string text(15, 'x');
    DIOAUDIT_EXPECT_NONE { std::string copy = text; kept = copy.data(); }
}

TEST(Assertions, FailsByOneByte) {
    std::string text(16, 'x');
    DIOAUDIT_EXPECT_NONE { std::string copy = text; kept = copy.data(); }
}

TEST(Assertions, FailsByAlignedNew) {
    struct alignas(64) Line { char bytes[64]; };
    DIOAUDIT_EXPECT_NONE { auto line = std::make_unique<Line>(); kept = line.get(); }
}

TEST(Assertions, InconclusiveByAThread) {
    auto start = [](void *) -> void * { allocate(3); return nullptr; };
    pthread_t thread;
    DIOAUDIT_EXPECT_NONE {
        ASSERT_EQ(pthread_create(&thread, nullptr, start, nullptr), 0);
        pthread_join(thread, nullptr);
    }
}

TEST(Assertions, AsyncThatIsDeferredFails) {
    auto later = std::async(std::launch::deferred, [] { allocate(5); });
    DIOAUDIT_EXPECT_NONE_AFTER(0) { later.get(); }
}

TEST(Assertions, AsyncFails) {
    DIOAUDIT_EXPECT_NONE { std::async(std::launch::async, [] { allocate(5); }).get(); }
}

TEST(Assertions, ParallelCountsAreExact) {
    std::vector<std::thread> threads;
    std::vector<int> wrong(8);
    for (int thread = 0; thread < 8; thread++)
        threads.emplace_back([thread, &wrong] {
            for (int times = 0; times < 1000; times++) {
                DIOAUDIT_EXPECT_NONE { allocate(0); }
                wrong[thread] += dioaudit_counts("malloc") != 0 || dioaudit_counts("free") != 0;
            }
        });
    for (auto &thread : threads) thread.join();
    EXPECT_EQ(wrong, std::vector<int>(8));
}

class ByCase : public testing::TestWithParam<int> {};
TEST_P(ByCase, Allocates) {
    DIOAUDIT_EXPECT_NONE { allocate(GetParam()); }
    EXPECT_EQ(dioaudit_counts("malloc"), GetParam());
}
INSTANTIATE_TEST_SUITE_P(Cases, ByCase, testing::Values(0, 4));

TEST(Assertions, ThrownIsCounted) {
    EXPECT_THROW(DIOAUDIT_EXPECT_NONE_AFTER(0) { throw 1; }, int);
}

struct Direct : testing::Test {
    char path[40] = "/var/tmp/dioaudit-cpp-XXXXXX";
    void *block = std::aligned_alloc(4096, 4096);
    int file = -1;

    void SetUp() override {
        close(mkstemp(path));
        file = open(path, O_RDWR | O_DIRECT);
        ASSERT_GE(file, 0);
        for (int i = 0; i < 16; i++) ASSERT_EQ(pwrite(file, block, 4096, i * 4096), 4096);
    }
    void TearDown() override {
        close(file);
        unlink(path);
        std::free(block);
    }
};

TEST_F(Direct, ReadsPass) {
    DIOAUDIT_EXPECT_NONE {
        for (int i = 0; i < 16; i++) ASSERT_EQ(pread(file, block, 4096, i * 4096), 4096);
    }
}

TEST_F(Direct, ReadsThatAllocateFail) {
    DIOAUDIT_EXPECT_NONE {
        for (int i = 0; i < 16; i++) {
            void *own = std::aligned_alloc(4096, 4096);
            EXPECT_EQ(pread(file, own, 4096, i * 4096), 4096);
            std::free(own);
        }
    }
}
