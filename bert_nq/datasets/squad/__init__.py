"""Questions about contexts, in the formats of SQuAD, of MRQA and of rows as run_qa takes them.

    reading    files of any format → items, each a question as JSON
    items      that JSON
    decoding   an item → a checked example
    example    the example
    words      a context's words
    forms      which format a file has
    documents  JSON files: SQuAD's articles, lists of rows
    records    a JSON object → the questions in it
    tables     CSV files
"""
