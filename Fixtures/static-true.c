// Flags: -static
// A program that no interposer can be loaded into.
int main(void) {
    return 0;
}
