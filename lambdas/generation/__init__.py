"""The function that writes texts for operations of the service `tastemaker`.

handler     the operations, called by the control function
"""
