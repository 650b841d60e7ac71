"""Pictures of people: judged, decoded where that can do no harm, copied for the model, kept. No Django here.

In the server, which never loads a decoder:
    names       the name a person's file came with → a name to show
    headers     the first bytes → kind and size, or a refusal that cost nothing
    strangers   what a file is that is not taken
    intake      the door: judges, waits its turn, has a child decode, checks what it says
    process     one child: started, read, timed, ended
    taken       what comes out
    store       where it is kept: one folder a picture, whole or not at all
    room        what a full disk means

In the child, one for each picture:
    child       takes away what a decoder does not need, decodes, answers
    copies      bytes → upright copy for the model, and thumbnail
    colours     any mode and profile → sRGB on white
    encode      PNG or JPEG, and nothing but pixels in it

In both:
    limits      what is taken, in numbers
    sizes       those limits kept, and the size of the copy
    tokens      what a picture counts for
    verdict     what a child may answer
    refusals    why a picture is not taken, in one tree
"""
