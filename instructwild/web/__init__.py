"""What pages served from this machine share: who may call them, the headers of every answer, bodies, the port."""
