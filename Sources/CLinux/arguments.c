// Where Swift's runtime is linked in, these take the place of its own functions of these names, which look for the program's
// arguments in /proc/self/maps before main, in every start (0.5 ms of it); the archive's member is then left out. glibc gives the
// arguments to whatever runs before main. A runtime that has them under other names takes its own, as before. (One that
// has something further in that member would be linked twice over: the linker says so, and this file can go.)

static char **words;
static int count;

__attribute__((constructor)) static void keep(int argc, char **argv) {
  words = argv;
  count = argc;
}

char **_swift_stdlib_getUnsafeArgvArgc(int *argc) {
  *argc = count;
  return words;
}

void _swift_stdlib_overrideUnsafeArgvArgc(char **argv, int argc) {
  words = argv;
  count = argc;
}
