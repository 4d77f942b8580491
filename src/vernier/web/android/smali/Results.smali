# What the page calls to give a result out, as window.VernierApp: a web view can save no blob: itself,
# and has no navigator.share. A picture comes in pieces of base64 and goes among the phone's pictures.
# Each call answers "" or what went wrong.
.class public Lorg/vernier/web/Results;
.super Ljava/lang/Object;

.field private final activity:Lorg/vernier/web/MainActivity;

.field private place:Landroid/net/Uri;

.field private stream:Ljava/io/OutputStream;

.field private kind:Ljava/lang/String;

.method public constructor <init>(Lorg/vernier/web/MainActivity;)V
    .registers 2
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V
    iput-object p1, p0, Lorg/vernier/web/Results;->activity:Lorg/vernier/web/MainActivity;
    return-void
.end method

# begin(name, type)
.method public begin(Ljava/lang/String;Ljava/lang/String;)Ljava/lang/String;
    .registers 7
    .annotation runtime Landroid/webkit/JavascriptInterface;
    .end annotation
    :try_start
    new-instance v0, Landroid/content/ContentValues;
    invoke-direct {v0}, Landroid/content/ContentValues;-><init>()V
    const-string v1, "_display_name"
    invoke-virtual {v0, v1, p1}, Landroid/content/ContentValues;->put(Ljava/lang/String;Ljava/lang/String;)V
    const-string v1, "mime_type"
    invoke-virtual {v0, v1, p2}, Landroid/content/ContentValues;->put(Ljava/lang/String;Ljava/lang/String;)V
    const-string v1, "relative_path"
    const-string v2, "Pictures/Vernier"
    invoke-virtual {v0, v1, v2}, Landroid/content/ContentValues;->put(Ljava/lang/String;Ljava/lang/String;)V
    # Nobody else sees it before it is whole.
    const-string v1, "is_pending"
    const/4 v2, 0x1
    invoke-static {v2}, Ljava/lang/Integer;->valueOf(I)Ljava/lang/Integer;
    move-result-object v2
    invoke-virtual {v0, v1, v2}, Landroid/content/ContentValues;->put(Ljava/lang/String;Ljava/lang/Integer;)V
    invoke-direct {p0}, Lorg/vernier/web/Results;->resolver()Landroid/content/ContentResolver;
    move-result-object v1
    sget-object v2, Landroid/provider/MediaStore$Images$Media;->EXTERNAL_CONTENT_URI:Landroid/net/Uri;
    invoke-virtual {v1, v2, v0}, Landroid/content/ContentResolver;->insert(Landroid/net/Uri;Landroid/content/ContentValues;)Landroid/net/Uri;
    move-result-object v0
    iput-object v0, p0, Lorg/vernier/web/Results;->place:Landroid/net/Uri;
    iput-object p2, p0, Lorg/vernier/web/Results;->kind:Ljava/lang/String;
    invoke-virtual {v1, v0}, Landroid/content/ContentResolver;->openOutputStream(Landroid/net/Uri;)Ljava/io/OutputStream;
    move-result-object v0
    iput-object v0, p0, Lorg/vernier/web/Results;->stream:Ljava/io/OutputStream;
    :try_end
    .catch Ljava/lang/Exception; {:try_start .. :try_end} :failed
    const-string v0, ""
    return-object v0
    :failed
    move-exception v0
    invoke-direct {p0, v0}, Lorg/vernier/web/Results;->failed(Ljava/lang/Exception;)Ljava/lang/String;
    move-result-object v0
    return-object v0
.end method

# write(base64)
.method public write(Ljava/lang/String;)Ljava/lang/String;
    .registers 4
    .annotation runtime Landroid/webkit/JavascriptInterface;
    .end annotation
    :try_start
    const/4 v0, 0x0
    invoke-static {p1, v0}, Landroid/util/Base64;->decode(Ljava/lang/String;I)[B
    move-result-object v0
    iget-object v1, p0, Lorg/vernier/web/Results;->stream:Ljava/io/OutputStream;
    invoke-virtual {v1, v0}, Ljava/io/OutputStream;->write([B)V
    :try_end
    .catch Ljava/lang/Exception; {:try_start .. :try_end} :failed
    const-string v0, ""
    return-object v0
    :failed
    move-exception v0
    invoke-direct {p0, v0}, Lorg/vernier/web/Results;->failed(Ljava/lang/Exception;)Ljava/lang/String;
    move-result-object v0
    return-object v0
.end method

# end(share): the picture is whole; with true it is offered to other apps.
.method public end(Z)Ljava/lang/String;
    .registers 7
    .annotation runtime Landroid/webkit/JavascriptInterface;
    .end annotation
    :try_start
    iget-object v0, p0, Lorg/vernier/web/Results;->stream:Ljava/io/OutputStream;
    invoke-virtual {v0}, Ljava/io/OutputStream;->close()V
    new-instance v0, Landroid/content/ContentValues;
    invoke-direct {v0}, Landroid/content/ContentValues;-><init>()V
    const-string v1, "is_pending"
    const/4 v2, 0x0
    invoke-static {v2}, Ljava/lang/Integer;->valueOf(I)Ljava/lang/Integer;
    move-result-object v2
    invoke-virtual {v0, v1, v2}, Landroid/content/ContentValues;->put(Ljava/lang/String;Ljava/lang/Integer;)V
    invoke-direct {p0}, Lorg/vernier/web/Results;->resolver()Landroid/content/ContentResolver;
    move-result-object v1
    iget-object v2, p0, Lorg/vernier/web/Results;->place:Landroid/net/Uri;
    const/4 v3, 0x0
    invoke-virtual {v1, v2, v0, v3, v3}, Landroid/content/ContentResolver;->update(Landroid/net/Uri;Landroid/content/ContentValues;Ljava/lang/String;[Ljava/lang/String;)I
    # Whole now, so that nothing that goes wrong later takes it away.
    iput-object v3, p0, Lorg/vernier/web/Results;->place:Landroid/net/Uri;
    if-eqz p1, :kept
    new-instance v0, Landroid/content/Intent;
    const-string v1, "android.intent.action.SEND"
    invoke-direct {v0, v1}, Landroid/content/Intent;-><init>(Ljava/lang/String;)V
    iget-object v1, p0, Lorg/vernier/web/Results;->kind:Ljava/lang/String;
    invoke-virtual {v0, v1}, Landroid/content/Intent;->setType(Ljava/lang/String;)Landroid/content/Intent;
    const-string v1, "android.intent.extra.STREAM"
    invoke-virtual {v0, v1, v2}, Landroid/content/Intent;->putExtra(Ljava/lang/String;Landroid/os/Parcelable;)Landroid/content/Intent;
    # FLAG_GRANT_READ_URI_PERMISSION
    const/4 v1, 0x1
    invoke-virtual {v0, v1}, Landroid/content/Intent;->addFlags(I)Landroid/content/Intent;
    invoke-static {v0, v3}, Landroid/content/Intent;->createChooser(Landroid/content/Intent;Ljava/lang/CharSequence;)Landroid/content/Intent;
    move-result-object v0
    iget-object v1, p0, Lorg/vernier/web/Results;->activity:Lorg/vernier/web/MainActivity;
    invoke-virtual {v1, v0}, Lorg/vernier/web/MainActivity;->startActivity(Landroid/content/Intent;)V
    :kept
    :try_end
    .catch Ljava/lang/Exception; {:try_start .. :try_end} :failed
    const-string v0, ""
    return-object v0
    :failed
    move-exception v0
    invoke-direct {p0, v0}, Lorg/vernier/web/Results;->failed(Ljava/lang/Exception;)Ljava/lang/String;
    move-result-object v0
    return-object v0
.end method

# Nothing half stays.
.method private failed(Ljava/lang/Exception;)Ljava/lang/String;
    .registers 5
    :try_start
    iget-object v0, p0, Lorg/vernier/web/Results;->stream:Ljava/io/OutputStream;
    if-eqz v0, :closed
    invoke-virtual {v0}, Ljava/io/OutputStream;->close()V
    :closed
    iget-object v0, p0, Lorg/vernier/web/Results;->place:Landroid/net/Uri;
    if-eqz v0, :gone
    invoke-direct {p0}, Lorg/vernier/web/Results;->resolver()Landroid/content/ContentResolver;
    move-result-object v1
    const/4 v2, 0x0
    invoke-virtual {v1, v0, v2, v2}, Landroid/content/ContentResolver;->delete(Landroid/net/Uri;Ljava/lang/String;[Ljava/lang/String;)I
    iput-object v2, p0, Lorg/vernier/web/Results;->place:Landroid/net/Uri;
    :gone
    :try_end
    .catch Ljava/lang/Exception; {:try_start .. :try_end} :ignored
    goto :say
    :ignored
    move-exception v0
    :say
    invoke-virtual {p1}, Ljava/lang/Exception;->toString()Ljava/lang/String;
    move-result-object v0
    return-object v0
.end method

.method private resolver()Landroid/content/ContentResolver;
    .registers 2
    iget-object v0, p0, Lorg/vernier/web/Results;->activity:Lorg/vernier/web/MainActivity;
    invoke-virtual {v0}, Lorg/vernier/web/MainActivity;->getContentResolver()Landroid/content/ContentResolver;
    move-result-object v0
    return-object v0
.end method
