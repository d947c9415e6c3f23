// Link: -L.build/fixtures -Xlinker -l:liboracle -Xlinker -rpath -Xlinker '$ORIGIN'
// Allocates in Swift's frames. StackTests holds its stacks against libunwind's.
@_silgen_name("oracle_begin") func begin(_ path: UnsafePointer<CChar>)
@_silgen_name("oracle_allocate") func allocate() -> Int
@_silgen_name("oracle_end") func end()

protocol Shape {
    func act(_ depth: Int) throws -> Int
}

struct Square: Shape {
    @inline(never) func act(_ depth: Int) throws -> Int { try depth > 0 ? act(depth - 1) + 1 : allocate() }
}

final class Circle: Shape {
    @inline(never) func act(_ depth: Int) throws -> Int { allocate() + depth }
}

@inline(never) func generic<Value: Shape>(_ value: Value) throws -> Int { try value.act(3) }

@inline(never) func closure(_ body: () throws -> Int) rethrows -> Int { try body() + 1 }

@inline(never) func all(_ shapes: [any Shape]) throws -> Int {
    try shapes.reduce(0) { try $0 + $1.act(1) }
}

let shapes: [any Shape] = [Square(), Circle()]
begin(CommandLine.arguments[1])
let sum = try generic(Square()) + closure { try generic(Circle()) } + all(shapes)
end()
precondition(sum > 0)
