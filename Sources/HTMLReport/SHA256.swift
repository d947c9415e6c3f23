/// SHA-256 (FIPS 180-4) of a stylesheet or script, by which the page's Content-Security-Policy knows it.
func sha256(_ message: [UInt8]) -> [UInt8] {
    var state: [UInt32] = [
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
    ]
    var padded = message + [0x80]
    padded += [UInt8](repeating: 0, count: (64 + 56 - padded.count % 64) % 64)
    padded += bytes(UInt64(message.count) * 8)
    for block in stride(from: 0, to: padded.count, by: 64) {
        var words = (0..<16).map { word in
            padded[(block + 4 * word)..<(block + 4 * word + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<64 {
            let (near, far) = (words[index - 2], words[index - 15])
            let small = rotated(far, 7) ^ rotated(far, 18) ^ far >> 3
            let large = rotated(near, 17) ^ rotated(near, 19) ^ near >> 10
            words.append(words[index - 16] &+ small &+ words[index - 7] &+ large)
        }
        var v = state
        for index in 0..<64 {
            let choice = v[4] & v[5] ^ ~v[4] & v[6]
            let majority = v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2]
            let high = rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25)
            let low = rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22)
            let first = v[7] &+ high &+ choice &+ constants[index] &+ words[index]
            v = [first &+ low &+ majority] + v[..<7]
            v[4] &+= first
        }
        for index in 0..<8 { state[index] &+= v[index] }
    }
    return state.flatMap(bytes)
}

/// Most significant byte first.
private func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    stride(from: Number.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
}

private func rotated(_ word: UInt32, _ bits: UInt32) -> UInt32 { word >> bits | word << (32 - bits) }

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes, which are exact integers' roots: n is the
/// largest with n³ at most prime · 2⁹⁶.
private let constants: [UInt32] = primes.prefix(64).map { prime in
    let cube = UInt128(prime) << 96
    var root: UInt128 = 0
    for bit in stride(from: 34, through: 0, by: -1) {
        let larger = root | 1 << bit
        if larger * larger * larger <= cube { root = larger }
    }
    return UInt32(truncatingIfNeeded: root)
}

private let primes = (2...311).filter { number in !(2..<number).contains { number % $0 == 0 } }
