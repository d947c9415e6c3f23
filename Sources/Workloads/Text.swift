import CLinux

/// Of the calling thread's last failed call. In C a macro, which Swift does not import.
var errno: Int32 { __errno_location().pointee }

/// Writes with write(2), past stdio, which would allocate a buffer.
func say(_ text: String, to fd: Int32) {
    var text = text
    text.withUTF8 { bytes in
        _ = write(fd, bytes.baseAddress, bytes.count)
    }
}

/// Lets `switch` compare C strings with literals: comparing Swift's needs Unicode tables, which the driver leaves out.
func ~= (literal: StaticString, text: UnsafePointer<CChar>) -> Bool {
    literal.withUTF8Buffer { bytes in
        strlen(text) == bytes.count && memcmp(text, bytes.baseAddress!, bytes.count) == 0
    }
}
