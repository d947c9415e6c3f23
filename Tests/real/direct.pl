use Fcntl;
sysopen(my $file, $ARGV[0], O_WRONLY | 040000) or die $!;
my $room = "\0" x 8192;
my $aligned = 4096 - unpack("J", pack("p", $room)) % 4096;
for (my $i = 0; $i < 500; $i++) {
    syswrite($file, $room, 4096, $aligned) == 4096 or die $!;
}
