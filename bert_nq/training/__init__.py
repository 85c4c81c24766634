"""Objectives, the optimizer and the training run, of any model on any task.

    run          the run: how many steps, on what, and what is left of it
    objectives/  what is made small: supervised, distilled
    teachers     who a student learns from: in its graph, or before
    steps, gradients, optimizer, loss_scale, depth, replica_copies   one step
    optimizers/  how a gradient changes a variable
    settings     what a run is asked for                                free of TensorFlow
    hooks        what happens around each step
    watching, alarms, progress, summaries, history, plots    what is seen of it
    keeping, stopping, run_record                            what is kept, and how it ends
    memory       what a step takes of it                                free of TensorFlow
"""
