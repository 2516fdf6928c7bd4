/* A PKCS#11 module that hands every call on to SoftHSM, counts some, and makes some fail.
 *
 * For what SoftHSM does not do by itself: hang, lose its device, count wrong PINs, make IVs.
 * $PHI_SEAL_PKCS11_FOLDER/calls gets a line for each call that is counted. A file
 * $PHI_SEAL_PKCS11_FOLDER/C_Name holds how many calls of that function are to fail, and how:
 * a return code in hexadecimal, "hang", "iv" (C_EncryptInit puts an IV of its own in place), or
 * "+" and flags in hexadecimal that C_GetTokenInfo adds.
 *
 * The structures are those of PKCS #11 v2.40, as Unix has them. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ulong;

struct functions { unsigned char version[2]; void *call[68]; };
struct mechanism { ulong kind; void *parameter; ulong len; };
struct gcm { unsigned char *iv; ulong iv_len; };

enum { GET_FUNCTION_LIST = 3, GET_TOKEN_INFO = 6, OPEN_SESSION = 12, LOGIN = 18,
       ENCRYPT_INIT = 29, ENCRYPT = 30, DECRYPT = 34 };

static struct functions ours;
static struct functions *real;

static void in_folder(char *path, const char *name) {
    snprintf(path, 4096, "%s/%s", getenv("PHI_SEAL_PKCS11_FOLDER"), name);
}

/* Opens a pipe, which waits for whoever opens its other end. */
static void meet(const char *name, int flags) {
    char path[4096];
    in_folder(path, name);
    close(open(path, flags));
}

/* Counts the call. Whether it is to fail, and how. */
static int told(const char *name, char how[32]) {
    char path[4096], line[64];
    in_folder(path, "calls");
    int calls = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int len = snprintf(line, sizeof line, "%s\n", name);
    if (write(calls, line, len) != len) abort();
    close(calls);

    in_folder(path, name);
    FILE *fault = fopen(path, "r");
    int left = 0;
    if (!fault || fscanf(fault, "%d %31s", &left, how) != 2) left = 0;
    if (fault) fclose(fault);
    if (left <= 0) return 0;
    fault = fopen(path, "w");
    fprintf(fault, "%d %s", left - 1, how);
    fclose(fault);
    if (strcmp(how, "hang") != 0) return 1;
    meet("entered", O_WRONLY);
    meet("release", O_RDONLY);
    return 0;
}

static ulong code(const char *how) { return strtoul(how, NULL, 16); }

static ulong login(ulong session, ulong user, unsigned char *pin, ulong len) {
    char how[32];
    if (told("C_Login", how)) return code(how);
    return ((ulong (*)(ulong, ulong, unsigned char *, ulong))real->call[LOGIN])(session, user, pin, len);
}

static ulong open_session(ulong slot, ulong flags, void *app, void *notify, ulong *session) {
    char how[32];
    if (told("C_OpenSession", how)) return code(how);
    return ((ulong (*)(ulong, ulong, void *, void *, ulong *))real->call[OPEN_SESSION])(slot, flags, app, notify, session);
}

static ulong get_token_info(ulong slot, unsigned char *info) {
    char how[32];
    int is_told = told("C_GetTokenInfo", how);
    ulong answer = ((ulong (*)(ulong, unsigned char *))real->call[GET_TOKEN_INFO])(slot, info);
    /* Behind label, manufacturer, model and serial number. */
    if (is_told) *(ulong *)(info + 96) |= code(how + 1);
    return answer;
}

static ulong encrypt_init(ulong session, struct mechanism *mechanism, ulong key) {
    char how[32];
    if (told("C_EncryptInit", how)) {
        if (strcmp(how, "iv") != 0) return code(how);
        struct gcm *gcm = mechanism->parameter;
        memset(gcm->iv, 0xa5, gcm->iv_len);
    }
    return ((ulong (*)(ulong, struct mechanism *, ulong))real->call[ENCRYPT_INIT])(session, mechanism, key);
}

static ulong encrypt(ulong session, unsigned char *in, ulong len, unsigned char *out, ulong *out_len) {
    char how[32];
    if (told("C_Encrypt", how)) return code(how);
    return ((ulong (*)(ulong, unsigned char *, ulong, unsigned char *, ulong *))real->call[ENCRYPT])(session, in, len, out, out_len);
}

static ulong decrypt(ulong session, unsigned char *in, ulong len, unsigned char *out, ulong *out_len) {
    char how[32];
    if (told("C_Decrypt", how)) return code(how);
    return ((ulong (*)(ulong, unsigned char *, ulong, unsigned char *, ulong *))real->call[DECRYPT])(session, in, len, out, out_len);
}

ulong C_GetFunctionList(struct functions **list) {
    void *library = dlopen(getenv("PHI_SEAL_PKCS11_REAL"), RTLD_NOW);
    ulong (*get)(struct functions **) = library ? dlsym(library, "C_GetFunctionList") : NULL;
    if (!get || get(&real) != 0) return 5;
    ours = *real;
    ours.call[GET_FUNCTION_LIST] = C_GetFunctionList;
    ours.call[GET_TOKEN_INFO] = get_token_info;
    ours.call[OPEN_SESSION] = open_session;
    ours.call[LOGIN] = login;
    ours.call[ENCRYPT_INIT] = encrypt_init;
    ours.call[ENCRYPT] = encrypt;
    ours.call[DECRYPT] = decrypt;
    *list = &ours;
    return 0;
}
