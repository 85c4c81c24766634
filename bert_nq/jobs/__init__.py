"""Jobs: work over many files, spread over processes or machines, noted as it is done, and resumed.

    job             the one job: plan, skip what is done, note, count, publish
    chunks, parts   plans: files cut into stretches of lines, or divided among workers
    executors       where pieces are done: processes, or this process with its device
    spark_chunks    the same on Apache Spark; spark_context starts it
    workers         tasks in processes
    work_folder     the folder of an unfinished run
"""
