// Says yes or no for each line of Tests/globs.txt on its standard input, as the interposer's glob.c decides it.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "glob.h"

// %XX stands for a byte, in place.
static char *decode(char *text) {
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (from[0] == '%' && isxdigit((unsigned char)from[1]) && isxdigit((unsigned char)from[2])) {
            char digits[] = {from[1], from[2], 0};
            *to++ = (char)strtol(digits, NULL, 16);
            from += 2;
        } else {
            *to++ = *from;
        }
    }
    *to = 0;
    return text;
}

int main(void) {
    char line[256];
    while (fgets(line, sizeof(line), stdin)) {
        char *rest = line;
        char *pattern = strsep(&rest, "\t"), *text = strsep(&rest, "\t");
        if (!text) return 1;
        puts(glob_matches(decode(pattern), decode(text)) ? "yes" : "no");
    }
    return 0;
}
