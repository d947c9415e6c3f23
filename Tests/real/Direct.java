import com.sun.nio.file.ExtendedOpenOption;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

public class Direct {
    public static void main(String[] arguments) throws Exception {
        var file = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT);
        var block = ByteBuffer.allocateDirect(8192).alignedSlice(4096);
        for (int i = 0; i < 500; i++) {
            block.clear().limit(4096);
            file.write(block, i * 4096L);
        }
    }
}
