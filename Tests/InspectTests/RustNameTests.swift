import Testing

@testable import Inspect

/// As rustc 1.95 made them of the names on the right; hashes are left out.
@Suite struct RustNameTests {
    @Test(arguments: [
        ("_RNvCsj6gjteTz5uu_1b4main", "b::main"),
        ("_RNCNvCsj6gjteTz5uu_1b4mains1_0", "b::main::{closure#3}"),
        (
            "_RNCNCNvNtCsjrHSEGnQ3l9_3std9panicking12default_hook00",
            "std::panicking::default_hook::{closure#0}::{closure#0}"
        ),
        ("_RINvCsj6gjteTz5uu_1b1mQSnEB2_", "b::m::<&mut [i128]>"),
        ("_RINvCsj6gjteTz5uu_1b1mThcReEEB2_", "b::m::<(u8, char, &str)>"),
        ("_RNvMCs1_1aNtB2_1S1f.llvm.123", "<a::S>::f"),
        ("_RNvXCs1_1aINtB2_1SKj3_Kb1_Kc78_ENtB2_1T1f", "<a::S<3, true, 'x'> as a::T>::f"),
        ("_RINvCs1_1a1mFG_KCRL0_eEzEB2_", "a::m::<for<'a> extern \"C\" fn(&'a str) -> !>"),
        ("_RINvCs1_1a1mDNtB2_1Tp4ItemhEL_EB2_", "a::m::<dyn a::T<Item = u8>>"),
        ("_ZN5alloc7raw_vec19RawVec$LT$T$C$A$GT$4grow17h0123456789abcdefE", "alloc::raw_vec::RawVec<T,A>::grow"),
        ("_ZN1a28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE", "a::{{closure}}"),
        ("_ZN42_$LT$$RF$T$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE", "<&T as core::fmt::Debug>::fmt"),
    ]) func namesAreAsTheirAuthorsWroteThem(symbol: String, name: String) {
        #expect(demangle(symbol) == name)
    }

    /// C++'s too, where a namespace's name looks like a hash but for its length.
    @Test(arguments: ["_R", "_RN", "_RNvC1a", "_RB_", "_RNvB_1a", "_RNvC99999999999999999999a1b", "_ZN", "_ZN99a17hE"])
    func whatIsNoNameStaysAsItIs(symbol: String) {
        #expect(demangle(symbol) == symbol)
    }

    @Test func cxxNamesAreNotTakenForRusts() {
        #expect(demangle("_ZN1a1bE") == "a::b" && demangle("_ZN1a1bEv") == "a::b()")
    }

    /// Each of these would take longer than there is time, or a stack that there is not.
    @Test func noNameIsTooDeepOrTooLong() {
        let deep = "_RNv" + String(repeating: "NtNt", count: 5000) + "C1a1b"
        // Each type is a pair of the one before.
        let wide = "_RINvC1a1bT" + String(repeating: "T", count: 100) + "hE"
        var doubling = "_RINvC1a1b"
        var place = doubling.utf8.count - 2
        doubling += "ThhE"
        for _ in 0..<40 {
            let reference = "B" + base62(UInt64(place))
            place = doubling.utf8.count - 2
            doubling += "T\(reference)\(reference)E"
        }
        for symbol in [deep, wide, doubling + "E"] { #expect(demangle(symbol) == symbol) }
    }

    private func base62(_ number: UInt64) -> String {
        guard number > 0 else { return "_" }
        var rest = number - 1
        var digits = ""
        repeat {
            let digit = UInt8(rest % 62)
            digits = String(Unicode.Scalar(digit < 10 ? 48 + digit : digit < 36 ? 87 + digit : 29 + digit)) + digits
            rest /= 62
        } while rest > 0
        return digits + "_"
    }
}
