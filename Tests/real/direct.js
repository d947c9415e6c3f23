const fs = require('fs');
const file = fs.openSync(process.argv[2], fs.constants.O_WRONLY | fs.constants.O_DIRECT);
const block = new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer, 0, 4096);  // begins a page
for (let i = 0; i < 500; i++) fs.writeSync(file, block, 0, 4096, i * 4096);
